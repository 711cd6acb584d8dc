//! Reasons as people write them, and the table they are sorted by.

use std::collections::HashMap;
use std::time::Instant;

use super::ReasonClass::{
    self, Emergency, Health, NoLongerInterested, None as Nothing, Other, ReschedulingRequest, ScheduleConflict, TechnicalIssues, Weather,
};
use super::*;

fn check(table: &[(&str, ReasonClass)]) {
    let wrong: Vec<_> = table
        .iter()
        .filter(|(text, class)| classify(Some(text)) != *class)
        .map(|(text, class)| (text, class, classify(Some(text))))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn english() {
    check(&[
        ("We picked another vendor, sorry about that", NoLongerInterested),
        ("I am no longer interested", NoLongerInterested),
        ("Budget is frozen until May", NoLongerInterested),
        ("Other plans", ScheduleConflict),
        ("Sorry guys, something came up", ScheduleConflict),
        ("Something came up - my son had an accident", Emergency),
        ("I can't make it, I've got a fever", Health),
        ("cant make it", ScheduleConflict),
        ("Double-booked, my bad", ScheduleConflict),
        ("Stuck in a client meeting", ScheduleConflict),
        ("Too expensive for me right now.", NoLongerInterested),
        ("changed my mind", NoLongerInterested),
        ("We’re going in a different direction", NoLongerInterested),
        ("zoom link doesn't work", TechnicalIssues),
        ("My internet is down today", TechnicalIssues),
        ("Power outage in our area", TechnicalIssues),
        ("Can we reschedule to next week?", ReschedulingRequest),
        ("Need to push it back a bit", ReschedulingRequest),
        ("Family emergency", Emergency),
        ("My grandmother passed away last night", Emergency),
        ("Snowed in, no way out", Weather),
        ("Hurricane is coming", Weather),
        ("Down with the flu", Health),
        ("Doctor's appointment moved", Health),
        ("booked by mistake", Other),
        ("I want to cancel my appointment", Other),
        ("please cancel the meeting", Other),
        ("asdf", Other),
        ("Personal reasons", Other),
        ("Personal reasons, my father died", Emergency),
        ("Work", ScheduleConflict),
        ("I can't, work is fine but I'm ill", Health),
    ]);
}

#[test]
fn spanish() {
    check(&[
        ("Ya no me interesa, gracias", NoLongerInterested),
        ("Es demasiado caro para mí", NoLongerInterested),
        ("Encontré otra opción", NoLongerInterested),
        ("no tengo dinero ahora", NoLongerInterested),
        ("CAMBIÉ DE OPINIÓN", NoLongerInterested),
        ("Tengo otra reunion a esa hora", ScheduleConflict),
        ("no tengo tiempo", ScheduleConflict),
        ("Me surgió un imprevisto", ScheduleConflict),
        ("Estoy de viaje", ScheduleConflict),
        ("Quisiera reagendar para la próxima semana", ReschedulingRequest),
        ("Podemos mover la reunión a otro día?", ReschedulingRequest),
        ("Estoy enfermo, lo siento", Health),
        ("Mi hija está enferma", Health),
        ("Tengo cita médica", Health),
        ("Emergencia familiar", Emergency),
        ("Falleció mi abuelo", Emergency),
        ("Se fue la luz", TechnicalIssues),
        ("No me llegó el enlace", TechnicalIssues),
        ("Está lloviendo muy fuerte", Weather),
        ("Reservé por error", Other),
    ]);
}

#[test]
fn german() {
    check(&[
        ("Kein Interesse mehr", NoLongerInterested),
        ("Leider zu teuer", NoLongerInterested),
        ("Wir haben uns für einen anderen Anbieter entschieden", NoLongerInterested),
        ("Hat sich erledigt", NoLongerInterested),
        ("habe es mir anders ueberlegt", NoLongerInterested),
        ("Terminüberschneidung", ScheduleConflict),
        ("Terminueberschneidung, sorry", ScheduleConflict),
        ("Mir ist etwas dazwischengekommen", ScheduleConflict),
        ("Leider keine Zeit", ScheduleConflict),
        ("Stehe im Stau", ScheduleConflict),
        ("Muss den Termin verschieben", ReschedulingRequest),
        ("Können wir auf nächste Woche gehen?", ReschedulingRequest),
        ("Bin krank", Health),
        ("Mir geht's nicht gut", Health),
        ("Zahnarzttermin", Health),
        ("Todesfall in der Familie", Emergency),
        ("Hatte einen Autounfall", Emergency),
        ("Technische Probleme mit dem Laptop", TechnicalIssues),
        ("WLAN geht nicht", TechnicalIssues),
        ("Schneesturm", Weather),
        ("Versehentlich gebucht", Other),
    ]);
}

#[test]
fn french() {
    check(&[
        ("Je ne suis plus intéressée", NoLongerInterested),
        ("Ça ne m’intéresse plus", NoLongerInterested),
        ("Trop cher pour moi", NoLongerInterested),
        ("J'ai changé d'avis", NoLongerInterested),
        ("Nous avons choisi un autre prestataire", NoLongerInterested),
        ("J'ai un empêchement", ScheduleConflict),
        ("je n'ai pas le temps", ScheduleConflict),
        ("J'ai une autre réunion", ScheduleConflict),
        ("En déplacement professionnel", ScheduleConflict),
        ("Merci de reporter l'appel", ReschedulingRequest),
        ("Est-ce possible de décaler à la semaine prochaine", ReschedulingRequest),
        ("je suis malade", Health),
        ("À l'hôpital avec mon fils", Health),
        ("Problème de santé", Health),
        ("Urgence familiale", Emergency),
        ("Décès dans la famille", Emergency),
        ("Panne d'electricite", TechnicalIssues),
        ("Le lien ne fonctionne pas", TechnicalIssues),
        ("Tempête de neige", Weather),
        ("Cher Alex, je dois annuler le rendez-vous", Other),
        ("Réservé par erreur", Other),
    ]);
}

#[test]
fn portuguese() {
    check(&[
        ("Não tenho mais interesse", NoLongerInterested),
        ("Muito caro", NoLongerInterested),
        ("Mudei de ideia", NoLongerInterested),
        ("nao tenho dinheiro no momento", NoLongerInterested),
        ("Estou em reunião", ScheduleConflict),
        ("Surgiu um imprevisto", ScheduleConflict),
        ("sem tempo essa semana", ScheduleConflict),
        ("Vou viajar, viagem de trabalho", ScheduleConflict),
        ("Preciso remarcar", ReschedulingRequest),
        ("Pode ser semana que vem?", ReschedulingRequest),
        ("Estou doente", Health),
        ("Meu filho está doente", Health),
        ("Tenho consulta médica", Health),
        ("Emergência na família", Emergency),
        ("Meu avô faleceu", Emergency),
        ("A internet caiu", TechnicalIssues),
        ("Acabou a luz aqui", TechnicalIssues),
        ("Chuva forte e alagamento", Weather),
        ("Agendei errado", Other),
    ]);
}

#[test]
fn the_longest_evidence_decides() {
    check(&[
        ("I feel under the weather", Health),
        ("The weather is bad", Weather),
        ("need to reschedule because my kid is sick", ReschedulingRequest),
        ("no need to reschedule", NoLongerInterested),
        ("sick and tired of your e-mails", NoLongerInterested),
        ("this was a cold call", NoLongerInterested),
        ("we are flooded with work", ScheduleConflict),
        ("my computer has a virus", TechnicalIssues),
        ("take a rain check", ReschedulingRequest),
        ("accidentally booked, I had no accident", Other),
        ("can't make it: flu", Health),
        ("phone died", TechnicalIssues),
        ("urgent meeting at work", ScheduleConflict),
        ("medical emergency", Health),
        ("sick storm", Weather),
    ]);
}

#[test]
fn only_whole_words_count() {
    check(&[
        ("An illustration of the brainstorm", Other),
        ("therapists", Other),
        ("sickle", Other),
        ("Chilly budgeting snowboard", Other),
        ("illogical", Other),
        ("my therapist", Health),
        ("ill.", Health),
        ("(ILL)", Health),
        ("re-schedule", ReschedulingRequest),
        ("e\u{301}te\u{301} hospitalise\u{301}", Health),
    ]);
}

#[test]
fn nothing_said_is_no_reason() {
    assert_eq!(classify(None), Nothing);
    for text in ["", " \t\n\u{a0}\u{3000}", "\u{200b}\u{feff}", "-", "...", "—", "n/a", "N/A.", "None", "nothing", "keine", "\u{301}"] {
        assert_eq!(classify(Some(text)), Nothing, "{text:?}");
    }
    check(&[("🤷", Other), ("none of your business", Other), ("病気", Other), ("nothing works, no internet", TechnicalIssues)]);
}

#[test]
fn every_line_is_of_its_own_class_and_stands_there_once() {
    let mut seen = HashMap::new();
    let mut count: HashMap<ReasonClass, usize> = HashMap::new();
    for (class, line) in lines(TABLE) {
        assert_eq!(classify(Some(line)), class, "{line}");
        assert_eq!(seen.insert(normal(line), class), None, "{line}");
        *count.entry(class).or_default() += 1;
    }
    for class in ReasonClass::ALL {
        assert!(count.get(&class).is_some_and(|count| *count >= 30), "{class}: {count:?}");
    }
    for header in TABLE.lines().filter(|line| line.starts_with('[')) {
        assert!(ReasonClass::from_name(header.trim_matches(['[', ']'])).is_some(), "{header}");
    }
}

#[test]
fn two_spellings_never_mean_two_classes() {
    let mut seen: HashMap<String, ReasonClass> = HashMap::new();
    for (class, line) in lines(TABLE) {
        for spelling in spellings(line.trim_start_matches('~')) {
            assert_eq!(*seen.entry(spelling.clone()).or_insert(class), class, "{line}: {spelling}");
        }
    }
}

#[test]
fn long_and_hostile_texts_are_only_glanced_at() {
    assert_eq!(classify(Some(&format!("I am ill. {}", "x".repeat(1_000_000)))), Health);
    assert_eq!(classify(Some(&format!("{} ill", "word ".repeat(2_000)))), Other, "too far behind");
    let begun = Instant::now();
    for text in ["can we re ".repeat(1_000), "\u{301}".repeat(10_000), "İ".repeat(10_000), "<&>".repeat(3_000)] {
        let _ = classify(Some(&text));
    }
    assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
}
