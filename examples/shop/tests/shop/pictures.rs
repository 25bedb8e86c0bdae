//! Pictures and their thumbnails.

use crate::test_shop::{TestShop, red_and_black};
use reqwest::StatusCode;
use std::io::Cursor;

/// The width, the height, and the pixels of a picture.
pub fn decoded(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    (frame.width, frame.height, pixels)
}

#[tokio::test]
async fn an_uploaded_picture_gets_a_thumbnail() {
    let shop = TestShop::open().await;
    let picture = shop.upload(red_and_black()).await;
    let thumbnail = format!("/pictures/{picture}/thumbnail");
    assert_eq!(shop.get(&thumbnail).await.status(), StatusCode::NOT_FOUND);

    assert_eq!(shop.run_heavy_tasks().finished, 1);
    let small = shop.get(&thumbnail).await;
    assert_eq!(small.headers()["content-type"], "image/png");
    let (width, height, pixels) = decoded(&small.bytes().await.unwrap());
    assert_eq!((width, height), (160, 80));
    assert_eq!((&pixels[..3], &pixels[159 * 3..160 * 3]), (&[255, 0, 0][..], &[0, 0, 0][..]));
}

#[tokio::test]
async fn a_broken_picture_fails_at_once_and_is_not_tried_again() {
    let shop = TestShop::open().await;
    let picture = shop.upload(red_and_black()[..200].to_vec()).await;
    let ran = shop.run_heavy_tasks();
    assert_eq!((ran.cancelled, ran.runs.len()), (1, 1));
    assert!(ran.errors()[0].starts_with("cancelled: not a PNG that can be read"), "{:?}", ran.errors());
    assert_eq!(shop.get(&format!("/pictures/{picture}/thumbnail")).await.status(), StatusCode::NOT_FOUND);
}
