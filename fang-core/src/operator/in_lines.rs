/// The same JSON with a line for each value, and with all digits of its numbers: reading them would keep only some.
pub fn in_lines(json: &str) -> String {
    let (mut lines, mut depth, mut is_text, mut is_escaped) = (String::new(), 0_usize, false, false);
    let mut parts = json.chars().peekable();
    while let Some(part) = parts.next() {
        if is_text {
            lines.push(part);
            is_text = part != '"' || is_escaped;
            is_escaped = part == '\\' && !is_escaped;
            continue;
        }
        match part {
            '{' | '[' => {
                lines.push(part);
                while parts.next_if(|part| part.is_ascii_whitespace()).is_some() {}
                match parts.next_if(|part| matches!(part, '}' | ']')) {
                    Some(end) => lines.push(end),
                    None => {
                        depth += 1;
                        begin(&mut lines, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                begin(&mut lines, depth);
                lines.push(part);
            }
            ',' => {
                lines.push(part);
                begin(&mut lines, depth);
            }
            ':' => lines.push_str(": "),
            part if part.is_ascii_whitespace() => {}
            part => {
                lines.push(part);
                is_text = part == '"';
            }
        }
    }
    lines
}

fn begin(lines: &mut String, depth: usize) {
    lines.push('\n');
    lines.push_str(&"  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn it_looks_as_json_does_in_lines() {
        for value in [
            json!({}),
            json!([]),
            json!(7),
            json!({"a": [1, [], {}], "b": {"c\"\\": "{[,:]} \\\" \n"}, "": null}),
        ] {
            let lines = format!("{value:#}");
            assert_eq!((in_lines(&value.to_string()), in_lines(&lines)), (lines.clone(), lines));
        }
    }

    #[test]
    fn numbers_are_whole() {
        let json = r#"{"n":123456789012345678901234567890.10}"#;
        assert!(in_lines(json).contains("123456789012345678901234567890.10"));
        assert!(serde_json::from_str::<Value>(json).is_ok());
    }
}
