//! Cells of the table, and what the published figures and the aims are.

/// A cell of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) nodes: u32,
    pub(crate) pods_per_node: u32,
    pub(crate) priorities: u32,
    /// In percent.
    pub(crate) usage: u32,
}

/// What came out on an instance; all counts per priority and above, from high to low.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) default: Vec<u64>,
    pub(crate) placed: Vec<u64>,
    pub(crate) bounds: Vec<u64>,
    /// Whether all counts are proven the best by checked arithmetic.
    pub(crate) certified: bool,
    /// The same, where the word of a solver is taken.
    pub(crate) solved: bool,
    pub(crate) seconds: f64,
    pub(crate) processor: f64,
}

impl Outcome {
    fn is_improved(&self) -> bool {
        self.placed > self.default
    }

    fn is_default_optimal(&self) -> bool {
        self.certified && !self.is_improved()
    }

    /// Whether there may be something better than the default scheduler's placement.
    fn may_be_improved(&self) -> bool {
        !self.is_default_optimal()
    }
}

impl Cell {
    pub(crate) fn line(&self, outcomes: &[Outcome]) -> String {
        let open = outcomes.iter().filter(|it| !it.certified).map(|it| {
            let gaps = it.bounds.iter().zip(&it.placed).map(|(bound, placed)| bound - placed);
            let gap = gaps.max().unwrap_or_default();
            if it.solved { format!("{gap} (solver)") } else { gap.to_string() }
        });
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.nodes,
            self.pods_per_node,
            self.priorities,
            self.usage,
            outcomes.len(),
            outcomes.iter().filter(|it| it.is_improved()).count(),
            outcomes.iter().filter(|it| it.is_default_optimal()).count(),
            outcomes.iter().filter(|it| it.certified).count(),
            open.collect::<Vec<_>>().join(" "),
        )
    }
}

/// Some of the cells, with the published figures (unweighted means over cells, in percent of the
/// called instances; from the tables of `henrikdchristensen/scheduler-plugins`) and the aims.
struct Slice {
    name: &'static str,
    has: fn(&Cell) -> bool,
    figures: [Figures; 2],
}

/// At a time limit; `None` where nothing was published, or nothing is aimed at.
#[derive(Clone, Copy, Default)]
struct Figures {
    limit: f64,
    improved: Option<f64>,
    default_optimal: Option<f64>,
    any: Option<f64>,
    /// Of those that can be improved.
    aim_improved: Option<f64>,
    aim_any: Option<f64>,
}

const fn published(limit: f64, [improved, default_optimal, any]: [f64; 3]) -> Figures {
    let (improved, default_optimal, any) = (Some(improved), Some(default_optimal), Some(any));
    Figures { limit, improved, default_optimal, any, aim_improved: None, aim_any: None }
}

const NOTHING: Figures = Figures {
    limit: 1.0,
    improved: None,
    default_optimal: None,
    any: None,
    aim_improved: None,
    aim_any: None,
};

const SLICES: [Slice; 6] = [
    Slice {
        name: "all",
        has: |_| true,
        figures: [published(1.0, [56.0, 9.5, 34.6]), published(10.0, [81.8, 10.1, 48.2])],
    },
    Slice {
        name: "4 priorities",
        has: |it| it.priorities == 4,
        figures: [
            Figures { aim_any: Some(75.0), ..published(1.0, [44.2, 19.1, 47.6]) },
            Figures {
                aim_improved: Some(95.0),
                aim_any: Some(90.0),
                ..published(10.0, [73.6, 19.8, 65.5])
            },
        ],
    },
    Slice {
        name: "1 priority",
        has: |it| it.priorities == 1,
        figures: [NOTHING, published(10.0, [89.0, 1.4, 31.8])],
    },
    Slice {
        name: "32 nodes",
        has: |it| it.nodes == 32,
        figures: [
            published(1.0, [0.0, 0.0, 0.0]),
            Figures { aim_any: Some(60.0), ..published(10.0, [73.7, 0.2, 9.8]) },
        ],
    },
    Slice {
        name: "usage 100 %",
        has: |it| it.usage == 100,
        figures: [NOTHING, published(10.0, [86.1, 8.3, 34.1])],
    },
    Slice {
        name: "8 nodes x 8 pods, 1 priority, usage 100 %",
        has: |it| (it.nodes, it.pods_per_node, it.priorities, it.usage) == (8, 8, 1, 100),
        figures: [NOTHING, Figures { aim_any: Some(80.0), ..published(10.0, [100.0, 0.0, 0.0]) }],
    },
];

/// Prints the slices: measured beside published, and by how much aims are missed.
pub(crate) fn report(outcomes: &[(Cell, Vec<Outcome>)], limit: f64) {
    println!(
        "\nUnweighted means over the cells that have called instances, in percent of them; published figures in parentheses.\n"
    );
    println!(
        "| slice | cells | called | improved | of those that can be | default optimal | any certificate | aim |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for slice in &SLICES {
        let cells: Vec<&[Outcome]> = outcomes
            .iter()
            .filter(|(cell, outcomes)| (slice.has)(cell) && !outcomes.is_empty())
            .map(|(_, outcomes)| outcomes.as_slice())
            .collect();
        if !cells.is_empty() {
            let of = slice.figures.iter().find(|it| (it.limit - limit).abs() < 1e-9);
            println!("{}", line(slice.name, &cells, &of.copied().unwrap_or_default()));
        }
    }
    let all = || outcomes.iter().flat_map(|(_, outcomes)| outcomes);
    let longest = all().map(|it| it.seconds).fold(0.0, f64::max);
    let processor: f64 = all().map(|it| it.processor).sum();
    let wall: f64 = all().map(|it| it.seconds).sum();
    println!(
        "\nSearches: {wall:.0} s by the clock, {processor:.0} s of processors; the longest {longest:.2} s."
    );
}

fn line(name: &str, cells: &[&[Outcome]], figures: &Figures) -> String {
    let mean = |counts: fn(&Outcome) -> bool, among: fn(&Outcome) -> bool| {
        let shares = cells.iter().filter_map(|outcomes| {
            let of = outcomes.iter().filter(|it| among(it));
            let all = of.clone().count();
            let share = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
            (all > 0).then(|| 100.0 * share(of.filter(|it| counts(it)).count()) / share(all))
        });
        let shares: Vec<f64> = shares.collect();
        let count = f64::from(u32::try_from(shares.len()).unwrap_or(u32::MAX));
        (count > 0.0).then(|| shares.iter().sum::<f64>() / count)
    };
    let improved = mean(Outcome::is_improved, |_| true);
    let improvable = mean(Outcome::is_improved, Outcome::may_be_improved);
    let optimal = mean(Outcome::is_default_optimal, |_| true);
    let any = mean(|it| it.certified, |_| true);
    let beside = |measured: Option<f64>, published: Option<f64>| match published {
        Some(published) => format!("{} ({published:.1})", percent(measured)),
        None => percent(measured),
    };
    let called: usize = cells.iter().map(|it| it.len()).sum();
    let aims = [
        aim("improved", improvable, figures.aim_improved),
        aim("certificate", any, figures.aim_any),
    ];
    format!(
        "| {name} | {} | {called} | {} | {} | {} | {} | {} |",
        cells.len(),
        beside(improved, figures.improved),
        percent(improvable),
        beside(optimal, figures.default_optimal),
        beside(any, figures.any),
        aims.into_iter().flatten().collect::<Vec<_>>().join("; "),
    )
}

fn percent(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |it| format!("{it:.1}"))
}

fn aim(of: &str, measured: Option<f64>, aim: Option<f64>) -> Option<String> {
    let (measured, aim) = (measured?, aim?);
    let verdict = if measured >= aim {
        "reached".to_owned()
    } else {
        format!("short by {:.1}", aim - measured)
    };
    Some(format!("{of} {aim:.0}: {verdict}"))
}
