//! The text of the demo items: paragraphs in eight languages. An item has the same text in every run.

/// Sentences of each language, from which the items are put together.
const LANGUAGES: [[&str; 6]; 8] = [
    [
        "The ferry leaves the harbour early in the morning, long before the shops along the quay have opened.",
        "Nobody could say how the library had survived the flood, but every shelf was dry on the following day.",
        "Engineers measured the old bridge again and found that the northern arch had moved by a few millimetres.",
        "She wrote that the harvest would be late this year, because the spring had been unusually cold.",
        "A small bakery at the corner sells bread that people from the neighbouring villages come to fetch.",
        "When the lights went out, the orchestra simply kept playing until the end of the second movement.",
    ],
    [
        "Die Fähre verlässt den Hafen früh am Morgen, lange bevor die Geschäfte an der Straße öffnen.",
        "Niemand wusste, wie die Bücherei das Hochwasser überstanden hatte, doch alle Regale waren trocken.",
        "Die Ingenieure haben die alte Brücke noch einmal vermessen und eine kleine Verschiebung gefunden.",
        "Sie schrieb, dass die Ernte in diesem Jahr später beginnt, weil der Frühling ungewöhnlich kalt war.",
        "Eine kleine Bäckerei an der Ecke verkauft Brot, für das die Leute aus den Nachbardörfern kommen.",
        "Als das Licht ausging, spielte das Orchester einfach weiter, bis der zweite Satz zu Ende war.",
    ],
    [
        "Le bac quitte le port tôt le matin, bien avant que les boutiques du quai ne soient ouvertes.",
        "Personne ne savait comment la bibliothèque avait résisté aux inondations, mais les livres étaient secs.",
        "Les ingénieurs ont mesuré le vieux pont une nouvelle fois et ont trouvé un léger déplacement.",
        "Elle écrivait que la récolte serait tardive cette année, parce que le printemps avait été très froid.",
        "Une petite boulangerie au coin de la rue vend un pain que les gens des villages voisins viennent chercher.",
        "Quand la lumière a disparu, les musiciens ont simplement continué de jouer jusqu’à la fin du mouvement.",
    ],
    [
        "El transbordador sale del puerto muy temprano, mucho antes de que abran las tiendas del muelle.",
        "Nadie sabía cómo la biblioteca había resistido la inundación, pero todos los estantes estaban secos.",
        "Los ingenieros midieron otra vez el puente viejo y encontraron un pequeño desplazamiento en el arco.",
        "Ella escribió que la cosecha llegaría tarde este año, porque la primavera había sido muy fría.",
        "Una pequeña panadería de la esquina vende un pan que vienen a buscar desde los pueblos vecinos.",
        "Cuando se apagaron las luces, la orquesta siguió tocando hasta el final del segundo movimiento.",
    ],
    [
        "Il traghetto lascia il porto la mattina presto, molto prima che aprano i negozi lungo la banchina.",
        "Nessuno sapeva come la biblioteca avesse resistito alla piena, ma tutti gli scaffali erano asciutti.",
        "Gli ingegneri hanno misurato ancora una volta il vecchio ponte e hanno trovato un piccolo spostamento.",
        "Lei scriveva che quest’anno il raccolto sarebbe arrivato tardi, perché la primavera era stata fredda.",
        "Un piccolo forno all’angolo vende un pane che la gente dei paesi vicini viene a comprare ogni giorno.",
        "Quando si spensero le luci, l’orchestra continuò semplicemente a suonare fino alla fine del movimento.",
    ],
    [
        "Prom opuszcza port wcześnie rano, na długo przed otwarciem sklepów przy nabrzeżu.",
        "Nikt nie wiedział, jak biblioteka przetrwała powódź, ale wszystkie półki były następnego dnia suche.",
        "Inżynierowie jeszcze raz zmierzyli stary most i stwierdzili niewielkie przesunięcie północnego łuku.",
        "Napisała, że żniwa będą w tym roku późniejsze, ponieważ wiosna była wyjątkowo zimna.",
        "Mała piekarnia na rogu sprzedaje chleb, po który przyjeżdżają ludzie z sąsiednich wsi.",
        "Kiedy zgasło światło, orkiestra po prostu grała dalej aż do końca drugiej części.",
    ],
    [
        "Паром выходит из гавани рано утром, задолго до того, как откроются магазины на набережной.",
        "Никто не знал, как библиотека пережила наводнение, но все полки на следующий день были сухими.",
        "Инженеры ещё раз измерили старый мост и нашли небольшое смещение северной арки.",
        "Она писала, что урожай в этом году будет поздним, потому что весна была необычно холодной.",
        "Маленькая пекарня на углу продаёт хлеб, за которым приезжают люди из соседних деревень.",
        "Когда погас свет, оркестр просто продолжал играть до конца второй части.",
    ],
    [
        "Vapur sabah erkenden, rıhtımdaki dükkânlar açılmadan çok önce limandan ayrılır.",
        "Kütüphanenin selden nasıl kurtulduğunu kimse bilmiyordu, ama ertesi gün bütün raflar kuruydu.",
        "Mühendisler eski köprüyü yeniden ölçtüler ve kuzeydeki kemerin biraz kaydığını gördüler.",
        "Bahar alışılmadık ölçüde soğuk geçtiği için hasadın bu yıl geç olacağını yazdı.",
        "Köşedeki küçük fırın, komşu köylerden gelen insanların almaya geldiği bir ekmek satıyor.",
        "Işıklar söndüğünde orkestra ikinci bölümün sonuna kadar çalmaya devam etti.",
    ],
];
const SENTENCES: u64 = 5;

/// Returns the text of an item. Each feed uses two languages.
pub(super) fn text(number: u64, item: u64) -> String {
    let language = number + if item % 4 == 3 { 3 } else { 0 };
    let sentences = pick(&LANGUAGES, language);
    (0..SENTENCES)
        .map(|place| *pick(sentences, number + item + place * (1 + item % 5)))
        .collect::<Vec<_>>()
        .join(" ")
}

fn pick<T>(all: &[T], number: u64) -> &T {
    &all[usize::try_from(number % all.len() as u64).unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn each_language_is_told_from_the_others() {
        let codes = ["eng", "deu", "fra", "spa", "ita", "pol", "rus", "tur"];
        for number in 0..80 {
            for item in 0..3 {
                let language = Digest::of(&text(number, item)).language;
                assert_eq!(language.as_ref(), Some(pick(&codes, number)), "{number}:{item}");
            }
        }
    }
}
