//! What may stand where in ADF (`@atlaskit/adf-schema` 57.7.22).

/// Lists, and what else most blocks hold.
const COMMON: [&str; 7] = [
    "paragraph",
    "bulletList",
    "orderedList",
    "codeBlock",
    "mediaSingle",
    "mediaGroup",
    "extension",
];

/// Whether a node of the kind `parent` may hold one of the kind `child`.
pub(super) fn holds(parent: &str, child: &str) -> bool {
    let common = COMMON.contains(&child);
    match parent {
        "doc" => {
            common
                || is_flow(child)
                || matches!(
                    child,
                    "expand"
                        | "bodiedExtension"
                        | "layoutSection"
                        | "syncBlock"
                        | "bodiedSyncBlock"
                )
        }
        "layoutColumn" => common || is_flow(child) || matches!(child, "expand" | "bodiedExtension"),
        "bodiedSyncBlock" => {
            common && child != "extension"
                || is_flow(child)
                || matches!(child, "expand" | "layoutSection")
        }
        "expand" => common || is_flow(child) || child == "nestedExpand",
        "bodiedExtension" => common || is_flow(child),
        "tableCell" | "tableHeader" => {
            common || is_flow(child) && child != "table" || child == "nestedExpand"
        }
        "nestedExpand" => {
            common || is_flow(child) && !matches!(child, "table" | "blockCard" | "embedCard")
        }
        "panel" => {
            common
                || matches!(child, "heading" | "blockCard" | "taskList" | "rule" | "decisionList")
        }
        "blockquote" => common,
        "listItem" => common && child != "mediaGroup" || child == "taskList",
        "taskItem" => matches!(child, "paragraph" | "extension"),
        "decisionItem" => child == "paragraph",
        "bulletList" | "orderedList" => child == "listItem",
        "taskList" => matches!(child, "taskItem" | "blockTaskItem" | "taskList"),
        "decisionList" => child == "decisionItem",
        "layoutSection" => child == "layoutColumn",
        "table" => child == "tableRow",
        "tableRow" => matches!(child, "tableCell" | "tableHeader"),
        _ => false,
    }
}

/// Blocks that a page holds, as its larger parts do.
fn is_flow(child: &str) -> bool {
    matches!(
        child,
        "heading"
            | "blockquote"
            | "panel"
            | "rule"
            | "table"
            | "taskList"
            | "decisionList"
            | "blockCard"
            | "embedCard"
    )
}

/// Whether a node may be cut in two around a block that it cannot hold.
pub(super) fn is_divisible(kind: &str) -> bool {
    matches!(
        kind,
        "listItem"
            | "bulletList"
            | "orderedList"
            | "blockquote"
            | "taskItem"
            | "taskList"
            | "decisionItem"
            | "decisionList"
    )
}

/// Whether paragraphs in a node of this kind may be aligned.
pub(super) fn aligns(kind: &str) -> bool {
    matches!(kind, "doc" | "layoutColumn" | "bodiedSyncBlock" | "tableCell" | "tableHeader")
}

/// The nodes that are written as `<adf:name …/>` or `> [!ADF-NAME …]`.
pub(super) struct Named {
    pub(super) kind: &'static str,
    /// Holds blocks.
    pub(super) bodied: bool,
    /// Stands in a line.
    pub(super) inline: bool,
    pub(super) required: &'static [&'static str],
    /// Attributes besides those, of which one that is JSON or a number begins like it.
    pub(super) optional: &'static [&'static str],
}

/// Finds what a token names: `bodied-sync-block` is `bodiedSyncBlock`.
pub(super) fn named(hyphenated: &str) -> Option<&'static Named> {
    let kind = camel_case(hyphenated);
    NAMED.iter().find(|named| named.kind == kind)
}

/// `panelType` for `panel-type`.
pub(super) fn camel_case(hyphenated: &str) -> String {
    let mut out = String::with_capacity(hyphenated.len());
    let mut upper = false;
    for character in hyphenated.chars() {
        match character {
            '-' => upper = true,
            _ if upper => {
                out.push(character.to_ascii_uppercase());
                upper = false;
            }
            _ => out.push(character),
        }
    }
    out
}

const NAMED: [Named; 9] = [
    Named {
        kind: "panel",
        bodied: true,
        inline: false,
        required: &["panelType"],
        optional: &["panelIcon", "panelIconId", "panelIconText", "panelColor"],
    },
    Named {
        kind: "syncBlock",
        bodied: false,
        inline: false,
        required: &["resourceId"],
        optional: &[],
    },
    Named {
        kind: "bodiedSyncBlock",
        bodied: true,
        inline: false,
        required: &["resourceId"],
        optional: &[],
    },
    Named {
        kind: "extension",
        bodied: false,
        inline: false,
        required: &["extensionType", "extensionKey"],
        optional: &["parameters", "text"],
    },
    Named {
        kind: "bodiedExtension",
        bodied: true,
        inline: false,
        required: &["extensionType", "extensionKey"],
        optional: &["parameters", "text"],
    },
    Named {
        kind: "inlineExtension",
        bodied: false,
        inline: true,
        required: &["extensionType", "extensionKey"],
        optional: &["parameters", "text"],
    },
    Named {
        kind: "blockCard",
        bodied: false,
        inline: false,
        required: &["datasource"],
        optional: &["url", "width"],
    },
    Named { kind: "date", bodied: false, inline: true, required: &["timestamp"], optional: &[] },
    Named { kind: "inlineCard", bodied: false, inline: true, required: &["data"], optional: &[] },
];
