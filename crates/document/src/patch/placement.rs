//! Elements stand only in what may hold them. The view of a page cannot tell: it shows an item of a
//! list wherever it stands.

use crate::{element::Element, scan::Tree};

/// How many elements stand where no editor would put them: the body of a link outside of a link, an
/// item outside of a list. Pages have some of old; a patch adds none.
pub(super) fn count_misplaced(tree: &Tree<'_>) -> usize {
    let mut around: Vec<(u32, Element)> = Vec::new();
    let mut misplaced = 0;
    for (place, node) in (0u32..).zip(&tree.nodes) {
        while around.pop_if(|(end, _)| *end <= place).is_some() {}
        let parent = around.last().map(|(_, element)| *element);
        misplaced += usize::from(!may_stand(node.element, parent));
        around.push((node.next, node.element));
    }
    misplaced
}

fn may_stand(element: Element, parent: Option<Element>) -> bool {
    use Element as E;
    let in_list = matches!(parent, Some(E::BulletList | E::OrderedList));
    let in_task_list = parent == Some(E::TaskList);
    match element {
        E::ListItem => in_list,
        E::Task => in_task_list,
        E::TaskId | E::TaskUuid | E::TaskStatus | E::TaskBody => parent == Some(E::Task),
        E::LinkBody => parent == Some(E::Link),
        E::Caption => parent == Some(E::Image),
        E::Parameter | E::RichTextBody | E::PlainTextBody => parent == Some(E::Macro),
        E::TableSection | E::Columns => {
            matches!(parent, Some(E::Table | E::TableSection | E::Columns))
        }
        E::Row => matches!(parent, Some(E::Table | E::TableSection)),
        E::HeaderCell | E::DataCell => parent == Some(E::Row),
        E::LayoutSection => parent == Some(E::Layout),
        E::LayoutCell => parent == Some(E::LayoutSection),
        E::BulletList | E::OrderedList | E::TaskList | E::Text => true,
        _ => !(in_list || in_task_list),
    }
}
