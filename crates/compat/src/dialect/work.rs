//! How much work a validator can have with one place of an instance.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::edges::edges;

/// How many schemas a lowered schema unfolds to when each reference is replaced by its target, cycles cut. References
/// shared by alternatives multiply: forty definitions that each name the next twice unfold to more than anyone can
/// evaluate.
pub fn unfolded(root: &Value) -> u64 {
    let (mut begun, mut sizes) = (HashSet::new(), HashMap::new());
    let mut open = vec![(root, false)];
    while let Some((schema, below_is_known)) = open.pop() {
        let address = std::ptr::from_ref(schema).addr();
        let below: Vec<&Value> = edges(root, "", schema).into_iter().map(|edge| edge.schema).collect();
        if below_is_known {
            let known = |child: &&Value| sizes.get(&std::ptr::from_ref(*child).addr()).copied().unwrap_or(0);
            let size = below.iter().map(known).fold(1_u64, u64::saturating_add);
            sizes.insert(address, size);
        } else if begun.insert(address) {
            open.push((schema, true));
            open.extend(below.into_iter().map(|child| (child, false)));
        }
    }
    sizes.get(&std::ptr::from_ref(root).addr()).copied().unwrap_or(1)
}
