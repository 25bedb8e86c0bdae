//! Prints the figures as Markdown tables, and as JSON.

use crate::peer::Peer;
use crate::versions::version;
use fang_bench_kit::{Error, Figures, Machine, Options, Ratio, table};
use serde_json::{Value, json};

const FLOOR: &str = "floor (plain SQL): 1 connection";
const FANG: &str = "fang: async";

const RATIOS: [(&str, Ratio<'static>); 6] = [
    ("drain", Ratio { title: "of the floor", name: "tasks/s", base: FLOOR }),
    ("drain", Ratio { title: "of fang", name: "tasks/s", base: FANG }),
    ("insert", Ratio { title: "of fang, 1 producer", name: "1 producer tasks/s", base: FANG }),
    ("insert", Ratio { title: "of fang, 8 producers", name: "8 producers tasks/s", base: FANG }),
    ("bulk", Ratio { title: "of COPY", name: "tasks/s", base: FLOOR }),
    ("bulk", Ratio { title: "of fang", name: "tasks/s", base: FANG }),
];

pub(crate) fn print(
    machine: &Machine,
    figures: &Figures,
    peers: &[Peer],
    options: &Options,
    rounds: usize,
) -> Result<(), Error> {
    println!("{}\nMedians of {rounds} rounds; pickup and idle of one.\n", machine.markdown());
    for part in figures.parts() {
        let ratios: Vec<_> = RATIOS.iter().filter(|(of, _)| *of == part).map(|(_, ratio)| *ratio).collect();
        println!("{}", table(figures, part, &ratios));
    }
    println!("| library | version | setting | what that is |\n|---|---|---|---|");
    for peer in peers {
        for setting in peer.settings() {
            println!("| {} | {} | {} | {} |", peer.title, version(peer.package), setting.name, setting.text);
        }
    }
    if let Some(file) = &options.json {
        let all = json!({
            "machine": machine.json(), "rounds": rounds, "figures": figures.json(), "peers": described(peers),
        });
        std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

fn described(peers: &[Peer]) -> Value {
    peers
        .iter()
        .map(|peer| {
            let settings = peer.settings().iter();
            let settings: Value =
                settings.map(|known| json!({"name": known.name, "text": known.text})).collect();
            json!({"name": peer.title, "version": version(peer.package), "settings": settings})
        })
        .collect()
}
