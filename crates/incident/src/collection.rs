//! What to collect of an asset before it is touched, the most volatile first, held against what was sealed. Pure.
//!
//! The order is that of RFC 3227 section 2.1; what it means for a kind of asset is content.

use quell_model::handbook::CollectionGuide;
use serde::Serialize;

use crate::Incident;
use crate::work::{EntityName, EntityWork, ItemId, Step, Verdict, Volatility, Work, told_entities};

/// What to collect of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntityCollection {
    /// Which.
    pub entity: EntityName,
    /// Id of the guide that fits it; the first of several.
    pub guide: Option<String>,
    /// What else can go wrong.
    pub cautions: Vec<String>,
    /// What to collect, in order.
    pub steps: Vec<CollectionStep>,
}

/// Something to collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CollectionStep {
    /// How quickly it is lost.
    pub volatility: Volatility,
    /// What.
    pub what: String,
    /// How.
    pub how: String,
    /// Evidence of this kind that was sealed of it.
    pub sealed: Vec<ItemId>,
    /// Containment comes next or came already: what is lost by then is lost.
    pub late: bool,
}

/// What to collect of everything in scope that was not ruled out, those first that are affected.
#[must_use]
pub fn collection(guides: &[CollectionGuide], incident: &Incident, work: &Work) -> Vec<EntityCollection> {
    let mut entities: Vec<EntityName> = work
        .entities
        .iter()
        .filter(|one| one.judged.as_ref().is_none_or(|judged| judged.verdict != Verdict::RuledOut))
        .map(|one| one.entity.clone())
        .collect();
    let told = told_entities(incident).into_iter().filter(|entity| work.entities.get(entity).is_none());
    entities.extend(told);
    let affected = |entity: &EntityName| work.entities.get(entity).is_some_and(EntityWork::is_affected);
    entities.sort_by_key(|entity| !affected(entity));
    entities.into_iter().filter_map(|entity| collected(guides, work, entity)).collect()
}

fn collected(guides: &[CollectionGuide], work: &Work, entity: EntityName) -> Option<EntityCollection> {
    let guide = guides.iter().find(|guide| guide.kinds.contains(&entity.kind))?;
    let contained = work.entities.get(&entity).is_some_and(|one| one.step(Step::Contain).is_some());
    let steps = guide.steps.iter().map(|step| {
        let volatility = step.volatility;
        let of_entity = |one: &&crate::work::Evidence| {
            one.about.entity.as_ref() == Some(&entity) && one.about.volatility == volatility && one.is_kept()
        };
        let sealed: Vec<ItemId> = work.evidence.iter().filter(of_entity).map(|one| one.id).collect();
        let late = contained && sealed.is_empty() && volatility <= Volatility::Temporary;
        CollectionStep { volatility, what: step.what.clone(), how: step.how.clone(), sealed, late }
    });
    let (steps, cautions) = (steps.collect(), guide.cautions.clone());
    Some(EntityCollection { entity, guide: Some(guide.id.clone()), cautions, steps })
}
