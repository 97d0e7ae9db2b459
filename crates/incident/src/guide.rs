//! Choosing a framework: answers in; scores, reasons, and what would change them, out.
//!
//! The score of a family is the weighted mean of how much each answer favours it, from 0 to 100. What was not answered
//! favours nobody. A law or a contract that names a framework decides, whatever the score.

use std::collections::BTreeMap;

use quell_model::process::{Answer, Factor, Family, Guide};
use serde::Serialize;

/// What an answer counts that was not given.
const NEUTRAL: f64 = 0.5;
/// Changes that are named.
const FLIPS_MAX: usize = 2;

/// What somebody answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// Answers by factor.
    pub given: BTreeMap<String, String>,
    /// Weights that are not those of the guide, by factor.
    pub weights: BTreeMap<String, f64>,
    /// The family that a law, a contract or a certificate asks for.
    pub mandate: Option<String>,
}

/// Why answers cannot be weighed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GuideError {
    /// There is no such factor.
    #[error("{0} is nothing that the guide asks")]
    Factor(String),
    /// There is no such answer.
    #[error("{answer} is no answer to {factor}; possible: {possible}")]
    Answer {
        /// Factor.
        factor: String,
        /// What was answered.
        answer: String,
        /// What can be.
        possible: String,
    },
    /// There is no such family.
    #[error("{0} is no framework of the guide")]
    Family(String),
    /// A weight must be a number from 0 to 100, and not all of them 0.
    #[error("the weight of {0} is not a number from 0 to 100")]
    Weight(String),
    /// Nothing counts.
    #[error("at least one factor must have a weight")]
    Weightless,
}

/// What the guide says.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice<'g> {
    /// All families, the best first.
    pub ranking: Vec<Scored<'g>>,
    /// The family that has to be used.
    pub required: Option<&'g Family>,
    /// Families whose score is too near to the best for a difference; empty, or at least two.
    pub tied: Vec<&'g Family>,
    /// Single answers that would bring another family to the top, the clearest first.
    pub flips: Vec<Flip<'g>>,
    /// Advice on using two together.
    pub combinations: Vec<&'g str>,
}

/// A family with its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored<'g> {
    /// Which.
    pub family: &'g Family,
    /// From 0 to 100.
    pub score: f64,
    /// What it is made of, in the order of the guide.
    pub parts: Vec<Part<'g>>,
}

/// What one factor adds to a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<'g> {
    /// Which.
    pub factor: &'g Factor,
    /// What was answered.
    pub answer: Option<&'g Answer>,
    /// Weight.
    pub weight: f64,
    /// Points of the score.
    pub points: f64,
    /// Points that it could have added at most.
    pub points_max: f64,
}

/// An answer that would change the result.
#[derive(Debug, Clone, PartialEq)]
pub struct Flip<'g> {
    /// To what question.
    pub factor: &'g Factor,
    /// What would be answered.
    pub answer: &'g Answer,
    /// What would be best then.
    pub best: &'g Family,
    /// By how many points.
    pub lead: f64,
}

/// Advice by ids, for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdviceView {
    /// The family that has to be used.
    pub required: Option<String>,
    /// Families whose score is too near to the best for a difference.
    pub tied: Vec<String>,
    /// All families, the best first.
    pub ranking: Vec<ScoredView>,
    /// Single answers that would bring another family to the top.
    pub flips: Vec<FlipView>,
    /// Advice on using two together.
    pub combinations: Vec<String>,
}

/// A family with its score, by ids.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoredView {
    /// Which.
    pub family: String,
    /// The framework to use.
    pub framework: String,
    /// From 0 to 100.
    pub score: f64,
    /// What it is made of.
    pub parts: Vec<PartView>,
}

/// What one factor adds to a score, by ids.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartView {
    /// Which.
    pub factor: String,
    /// What was answered.
    pub answer: Option<String>,
    /// Weight.
    pub weight: f64,
    /// Points of the score.
    pub points: f64,
    /// Points that it could have added at most.
    pub points_max: f64,
}

/// An answer that would change the result, by ids.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlipView {
    /// To what question.
    pub factor: String,
    /// What would be answered.
    pub answer: String,
    /// What would be best then.
    pub best: String,
    /// By how many points.
    pub lead: f64,
}

impl From<&Advice<'_>> for AdviceView {
    fn from(advice: &Advice<'_>) -> AdviceView {
        AdviceView {
            required: advice.required.map(|family| family.id.clone()),
            tied: advice.tied.iter().map(|family| family.id.clone()).collect(),
            ranking: advice.ranking.iter().map(ScoredView::from).collect(),
            flips: advice.flips.iter().map(FlipView::from).collect(),
            combinations: advice.combinations.iter().map(|text| text.trim().to_owned()).collect(),
        }
    }
}

impl From<&Scored<'_>> for ScoredView {
    fn from(scored: &Scored<'_>) -> ScoredView {
        let part = |part: &Part<'_>| PartView {
            factor: part.factor.id.clone(),
            answer: part.answer.map(|answer| answer.id.clone()),
            weight: part.weight,
            points: part.points,
            points_max: part.points_max,
        };
        ScoredView {
            family: scored.family.id.clone(),
            framework: scored.family.framework.clone(),
            score: scored.score,
            parts: scored.parts.iter().map(part).collect(),
        }
    }
}

impl From<&Flip<'_>> for FlipView {
    fn from(flip: &Flip<'_>) -> FlipView {
        FlipView {
            factor: flip.factor.id.clone(),
            answer: flip.answer.id.clone(),
            best: flip.best.id.clone(),
            lead: flip.lead,
        }
    }
}

/// Weighs answers.
///
/// # Errors
/// An answer, a weight or the mandate is none of the guide's.
pub fn advise<'g>(guide: &'g Guide, answers: &Answers) -> Result<Advice<'g>, GuideError> {
    let chosen = chosen(guide, answers)?;
    let ranking = rank(guide, &chosen);
    let required = answers.mandate.as_ref().map(|mandate| family(guide, mandate)).transpose()?;
    let best = ranking.first().map_or(0.0, |best| best.score);
    let near = ranking.iter().filter(|scored| best - scored.score < guide.tie_margin);
    let tied: Vec<&Family> = near.map(|scored| scored.family).collect();
    let fits =
        |when: &BTreeMap<String, String>| when.iter().all(|(factor, answer)| answers.given.get(factor) == Some(answer));
    let combinations = guide.combinations.iter().filter(|combination| fits(&combination.when));
    Ok(Advice {
        tied: if tied.len() > 1 { tied } else { Vec::new() },
        // What is required stays, whatever is answered.
        flips: if required.is_some() {
            Vec::new()
        } else {
            flips(guide, &chosen, ranking.first().map(|best| best.family))
        },
        required,
        combinations: combinations.map(|combination| combination.advise.as_str()).collect(),
        ranking,
    })
}

/// A factor, what was answered to it, and what it counts.
type Chosen<'g> = (&'g Factor, Option<&'g Answer>, f64);

fn chosen<'g>(guide: &'g Guide, answers: &Answers) -> Result<Vec<Chosen<'g>>, GuideError> {
    let known = |factor: &&String| guide.factors.iter().any(|known| known.id == **factor);
    if let Some(unknown) = answers.given.keys().chain(answers.weights.keys()).find(|factor| !known(factor)) {
        return Err(GuideError::Factor(unknown.clone()));
    }
    let mut chosen = Vec::new();
    for factor in &guide.factors {
        let answer = answers.given.get(&factor.id).map(|answer| find(factor, answer)).transpose()?;
        let weight = answers.weights.get(&factor.id).copied().unwrap_or(factor.weight);
        if !(0.0..=100.0).contains(&weight) {
            return Err(GuideError::Weight(factor.id.clone()));
        }
        chosen.push((factor, answer, weight));
    }
    let counts = chosen.iter().any(|(_, _, weight)| *weight > 0.0);
    if counts { Ok(chosen) } else { Err(GuideError::Weightless) }
}

fn find<'g>(factor: &'g Factor, answer: &str) -> Result<&'g Answer, GuideError> {
    factor.answers.iter().find(|known| known.id == answer).ok_or_else(|| GuideError::Answer {
        factor: factor.id.clone(),
        answer: answer.to_owned(),
        possible: factor.answers.iter().map(|answer| answer.id.as_str()).collect::<Vec<_>>().join(", "),
    })
}

fn family<'g>(guide: &'g Guide, id: &str) -> Result<&'g Family, GuideError> {
    guide.families.iter().find(|family| family.id == id).ok_or_else(|| GuideError::Family(id.to_owned()))
}

/// Families by score; of the same score in the order of the guide.
fn rank<'g>(guide: &'g Guide, chosen: &[Chosen<'g>]) -> Vec<Scored<'g>> {
    let all: f64 = chosen.iter().map(|(_, _, weight)| weight).sum();
    let score = |family: &'g Family| {
        let part = |(factor, answer, weight): &Chosen<'g>| {
            let favours = answer.and_then(|answer| answer.favours.get(&family.id)).copied().unwrap_or(NEUTRAL);
            let points_max = 100.0 * weight / all;
            Part { factor, answer: *answer, weight: *weight, points: points_max * favours, points_max }
        };
        let parts: Vec<Part<'g>> = chosen.iter().map(part).collect();
        Scored { family, score: parts.iter().map(|part| part.points).sum(), parts }
    };
    let mut ranking: Vec<Scored<'g>> = guide.families.iter().map(score).collect();
    ranking.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranking
}

/// One for each factor at most: the answer that gives the clearest lead.
fn flips<'g>(guide: &'g Guide, chosen: &[Chosen<'g>], best: Option<&'g Family>) -> Vec<Flip<'g>> {
    let mut flips = Vec::new();
    for (at, (factor, given, weight)) in chosen.iter().enumerate() {
        let others =
            factor.answers.iter().filter(|answer| Some(answer.id.as_str()) != given.map(|given| given.id.as_str()));
        let flip = others.filter_map(|answer| {
            let mut changed = chosen.to_vec();
            changed[at] = (factor, Some(answer), *weight);
            let ranking = rank(guide, &changed);
            let [first, second, ..] = &ranking[..] else { return None };
            let lead = first.score - second.score;
            (Some(first.family) != best).then_some(Flip { factor, answer, best: first.family, lead })
        });
        flips.extend(flip.max_by(|a, b| a.lead.total_cmp(&b.lead)));
    }
    flips.sort_by(|a: &Flip<'_>, b| b.lead.total_cmp(&a.lead));
    flips.truncate(FLIPS_MAX);
    flips
}
