//! What was measured, as a table for people or lines for machines.

/// One figure with its limits.
pub(crate) struct Row {
    pub(crate) database: &'static str,
    pub(crate) figure: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// The same of the bare handler and of the bare append.
    pub(crate) handler: Option<f64>,
    pub(crate) append: Option<f64>,
    /// The value as a part of the append's, where rounds were compared one by one; else it is made of the two values.
    pub(crate) ratio: Option<f64>,
    pub(crate) goal: Option<Goal>,
}

/// What should be reached.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    Below(f64),
    /// At least that part of the append's value.
    PartOfAppend(f64),
    /// At most so many times the append's value.
    TimesAppend(f64),
}

#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Row {
    pub(crate) fn new(database: &'static str, figure: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { database, figure: figure.into(), value, unit, handler: None, append: None, ratio: None, goal: None }
    }

    pub(crate) fn beside(mut self, handler: f64, append: f64) -> Self {
        (self.handler, self.append) = (Some(handler), Some(append));
        self
    }

    pub(crate) fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = Some(ratio);
        self
    }

    pub(crate) fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    fn of_append(&self) -> Option<f64> {
        self.ratio.or_else(|| self.append.map(|append| self.value / append))
    }

    fn of_handler(&self) -> Option<f64> {
        self.handler.map(|handler| self.value / handler)
    }

    fn met(&self) -> Option<bool> {
        Some(match self.goal? {
            Goal::Below(most) => self.value < most,
            Goal::PartOfAppend(part) => self.of_append()? >= part,
            Goal::TimesAppend(times) => self.of_append()? <= times,
        })
    }

    fn goal_text(&self) -> String {
        match self.goal {
            None => String::new(),
            Some(Goal::Below(most)) => format!("< {} {}", number(most), self.unit),
            Some(Goal::PartOfAppend(part)) => format!(">= {} of append", number(part)),
            Some(Goal::TimesAppend(times)) => format!("<= {} x append", number(times)),
        }
    }
}

impl Table {
    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("  {}: {} {}{}", row.figure, number(row.value), row.unit, limits_text(&row));
        self.rows.push(row);
    }

    pub(crate) fn all_met(&self) -> bool {
        self.rows.iter().all(|row| row.met() != Some(false))
    }

    pub(crate) fn print(&self) {
        let mut lines =
            vec![["database", "figure", "value", "handler", "append", "x handler", "x append", "goal", "met"].map(str::to_owned)];
        let optional = |value: Option<f64>| value.map(number).unwrap_or_default();
        for row in &self.rows {
            let met = row.met().map_or("", |met| if met { "yes" } else { "NO" });
            lines.push([
                row.database.to_owned(),
                row.figure.clone(),
                format!("{} {}", number(row.value), row.unit),
                optional(row.handler),
                optional(row.append),
                optional(row.of_handler()),
                optional(row.of_append()),
                row.goal_text(),
                met.to_owned(),
            ]);
        }
        let widths: Vec<usize> =
            (0..lines[0].len()).map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()).collect();
        println!();
        for (at, line) in lines.iter().enumerate() {
            let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            println!("| {} |", cells.join(" | "));
            if at == 0 {
                println!("|{}|", widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|"));
            }
        }
    }

    pub(crate) fn print_json(&self) {
        for row in &self.rows {
            println!(
                "{}",
                serde_json::json!({
                    "database": row.database, "figure": row.figure, "value": row.value, "unit": row.unit, "handler": row.handler,
                    "append": row.append, "of_append": row.of_append(), "goal": row.goal_text(), "met": row.met()
                })
            );
        }
    }
}

fn limits_text(row: &Row) -> String {
    match (row.handler, row.append, row.of_append()) {
        (Some(handler), Some(append), Some(ratio)) => {
            format!(" (handler {}, append {}, {} x append)", number(handler), number(append), number(ratio))
        }
        _ => String::new(),
    }
}

/// With about three digits that say something.
fn number(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "?".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
