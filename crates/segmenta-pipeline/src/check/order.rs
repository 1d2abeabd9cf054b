//! The order in which the profile can be computed.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::Problems;
use crate::model::{Node, Pipeline};
use crate::scope::Dependency;

/// Every node after all it depends on, otherwise in the order of the model's tables and of the
/// file. A cycle is reported as a loop, and its nodes are left out.
pub(crate) fn order(pipeline: &Pipeline, dependencies: &[Dependency], problems: &mut Problems) -> Vec<Node> {
    let mut waiting = nodes(pipeline);
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|node| on(node, &waiting, dependencies).next().is_none());
        match ready {
            Some(ready) => ordered.push(waiting.remove(ready)),
            None => {
                let cycle = cycle(&waiting, dependencies);
                problems.push(report(&cycle));
                waiting.retain(|node| !cycle.iter().any(|step| step.of == *node));
            }
        }
    }
    ordered
}

fn nodes(pipeline: &Pipeline) -> Vec<Node> {
    let tables = pipeline.tables.keys().cloned().map(Node::Table);
    let features = pipeline.features.keys().cloned().map(Node::Feature);
    let criteria = pipeline.criteria.keys().cloned().map(Node::Criterion);
    let schemes = pipeline.schemes.keys().cloned().map(Node::Scheme);
    let valuation = pipeline.valuation.iter().map(|_| Node::Valuation);
    let strategy = pipeline.strategy.iter().map(|_| Node::Strategy);
    tables.chain(features).chain(criteria).chain(schemes).chain(valuation).chain(strategy).collect()
}

/// What of `among` a node directly depends on.
fn on<'d>(node: &'d Node, among: &'d [Node], dependencies: &'d [Dependency]) -> impl Iterator<Item = &'d Dependency> {
    dependencies.iter().filter(move |dependency| dependency.of == *node && among.contains(&dependency.on))
}

/// A loop among nodes of which each depends on another: walks from one to the next until it
/// meets one for the second time.
fn cycle(waiting: &[Node], dependencies: &[Dependency]) -> Vec<Dependency> {
    let mut walk: Vec<Dependency> = Vec::new();
    let mut node = &waiting[0];
    loop {
        let step = on(node, waiting, dependencies).next().expect("a node that depends on nothing would be ready");
        walk.push(step.clone());
        node = &step.on;
        if let Some(start) = walk.iter().position(|earlier| earlier.of == *node) {
            return walk.split_off(start);
        }
    }
}

fn report(cycle: &[Dependency]) -> Diagnostic {
    let steps = cycle.iter().map(|step| name(&step.of));
    let closed = steps.chain(cycle.first().map(|step| name(&step.of)));
    let shape = closed.collect::<Vec<_>>().join(" → ");
    let problem = Diagnostic::error(Code::Cycle, format!("these depend on each other in a circle: {shape}"));
    let problem = problem.hint("an arrow points to what is needed first");
    cycle.iter().enumerate().fold(problem, |problem, (index, step)| {
        let text = format!("{} needs {} here", name(&step.of), name(&step.on));
        if index == 0 { problem.at(&step.span, text) } else { problem.see(&step.span, text) }
    })
}

fn name(node: &Node) -> String {
    match node {
        Node::Table(name) | Node::Feature(name) | Node::Criterion(name) | Node::Scheme(name) => {
            format!("`{name}`")
        }
        Node::Valuation => "`valuation`".to_owned(),
        Node::Strategy => "`strategy`".to_owned(),
    }
}
