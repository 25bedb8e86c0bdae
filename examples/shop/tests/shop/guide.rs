//! The page of the guide about the shop quotes its sources.

use std::fs;
use std::path::Path;

/// The lines of a text, without what indents them.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

#[test]
fn every_excerpt_in_the_guide_is_in_the_file_that_it_names() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(shop.join("../../src/guide/shop.md")).unwrap();
    let blocks = page.split("```").skip(1).step_by(2);
    let excerpts: Vec<_> = blocks.filter_map(|block| block.strip_prefix("text\n// ")).collect();
    assert!(excerpts.len() > 10, "{excerpts:?}");
    for excerpt in excerpts {
        let (file, excerpt) = excerpt.split_once('\n').unwrap();
        let source = fs::read_to_string(shop.join(file)).unwrap();
        let (excerpt, source) = (lines(excerpt), lines(&source));
        assert!(source.windows(excerpt.len()).any(|part| part == excerpt), "not in {file}: {excerpt:#?}");
    }
}
