//! Pictures, made smaller.

use anyhow::{Context, ensure};
use png::{ColorType, Decoder, Encoder, Transformations};
use std::io::Cursor;
use std::ops::Range;

/// Larger pictures would need too much memory.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The pixels of a picture, row by row.
struct Pixels {
    width: usize,
    height: usize,
    color: ColorType,
    bytes: Vec<u8>,
}

/// Makes a PNG smaller, so that neither side is longer than `side`. A small picture keeps its size.
///
/// # Errors
/// Fails if this is not a PNG, if it is broken, or if its pixels take more than 64 MiB.
pub fn shrink(png: &[u8], side: usize) -> anyhow::Result<Vec<u8>> {
    let large = decode(png).context("not a PNG that can be read")?;
    // Each pixel of the result is the average of a square of this many pixels a side.
    let square = large.width.max(large.height).div_ceil(side).max(1);
    encode(&averages(&large, square))
}

fn decode(png: &[u8]) -> anyhow::Result<Pixels> {
    let mut decoder = Decoder::new(Cursor::new(png));
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info()?;
    let size = reader.output_buffer_size().filter(|size| *size <= MAX_BYTES).context("it is too large")?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes)?;
    ensure!(frame.width > 0 && frame.height > 0, "it is empty");
    bytes.truncate(frame.buffer_size());
    Ok(Pixels { width: frame.width as usize, height: frame.height as usize, color: frame.color_type, bytes })
}

fn averages(large: &Pixels, square: usize) -> Pixels {
    let samples = large.color.samples();
    let (width, height) = (large.width.div_ceil(square), large.height.div_ceil(square));
    let mut bytes = Vec::with_capacity(width * height * samples);
    for y in 0..height {
        let rows = y * square..large.height.min((y + 1) * square);
        for x in 0..width {
            let columns = x * square..large.width.min((x + 1) * square);
            bytes.extend((0..samples).map(|sample| average(large, &rows, &columns, sample)));
        }
    }
    Pixels { width, height, color: large.color, bytes }
}

/// The average of one sample, such as red, over a part of a picture.
fn average(large: &Pixels, rows: &Range<usize>, columns: &Range<usize>, sample: usize) -> u8 {
    let samples = large.color.samples();
    let mut sum = 0;
    for row in rows.clone() {
        for column in columns.clone() {
            sum += usize::from(large.bytes[(row * large.width + column) * samples + sample]);
        }
    }
    u8::try_from(sum / (rows.len() * columns.len())).unwrap_or(u8::MAX)
}

fn encode(pixels: &Pixels) -> anyhow::Result<Vec<u8>> {
    let mut png = Vec::new();
    let mut encoder = Encoder::new(&mut png, u32::try_from(pixels.width)?, u32::try_from(pixels.height)?);
    encoder.set_color(pixels.color);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels.bytes)?;
    writer.finish()?;
    Ok(png)
}
