//! What becomes of two versions of a page that descend from one.

use document::{Conflict, ConflictReason, MergeError, MergeInput, Merged, PartKind, merge};

use crate::corpus;

/// The merged page, which does not depend on whose version is whose.
#[track_caller]
fn merged(base: &str, theirs: &str, ours: &str) -> Merged {
    let there = merge(base, theirs, ours).unwrap();
    let back = merge(base, ours, theirs).unwrap();
    assert_eq!(there, back);
    there
}

#[track_caller]
fn listed(base: &str, theirs: &str, ours: &str) -> Vec<Conflict> {
    match merge(base, theirs, ours).unwrap_err() {
        MergeError::Conflicts(conflicts) => conflicts,
        _ => Vec::new(),
    }
}

#[track_caller]
fn conflicts(base: &str, theirs: &str, ours: &str) -> Vec<Conflict> {
    let (conflicts, mut back) = (listed(base, theirs, ours), listed(base, ours, theirs));
    assert_eq!(conflicts.len(), back.len());
    for (there, back) in conflicts.iter().zip(&mut back) {
        std::mem::swap(&mut back.theirs, &mut back.ours);
        assert_eq!(
            (there.reason, &there.theirs, &there.ours),
            (back.reason, &back.theirs, &back.ours)
        );
    }
    conflicts
}

#[track_caller]
fn conflict(base: &str, theirs: &str, ours: &str) -> Conflict {
    let mut conflicts = conflicts(base, theirs, ours);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    conflicts.swap_remove(0)
}

const PAGE: &str = "<h2>Rollback</h2>\n<p local-id=\"aaaaaa\">It takes five&nbsp;minutes.</p>\n\
    <ul>\n  <li>Stop the workers first</li>\n  <li>Start the old version</li>\n</ul>\n<p />\n<p>Ask somebody.</p>\n";

/// `PAGE` with texts replaced.
fn page(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(PAGE.to_owned(), |page, (from, to)| {
        assert!(page.contains(from), "{from}");
        page.replacen(from, to, 1)
    })
}

#[test]
fn changes_of_different_blocks_are_both_kept_byte_for_byte() {
    let theirs =
        page(&[("It takes five", "It &rarr; takes"), ("Ask somebody.", "Ask <em>me</em>.")]);
    let ours = page(&[("Stop the workers first", "Stop it"), ("<h2>", "<h2 style=\"x\">")]);
    let both = page(&[
        ("It takes five", "It &rarr; takes"),
        ("Ask somebody.", "Ask <em>me</em>."),
        ("Stop the workers first", "Stop it"),
        ("<h2>", "<h2 style=\"x\">"),
    ]);
    let merged = merged(PAGE, &theirs, &ours);
    assert_eq!(merged.storage, both);
    assert_eq!(merged.combined, []);
}

#[test]
fn changes_of_one_text_that_do_not_touch_are_combined() {
    let base = "<p>It takes <strong>five</strong> minutes &amp; more, as all know here.</p>";
    let theirs = base.replace("five", "ten").replace("as all", "as <em>all</em>");
    let ours = base.replace("It takes", "This lasts").replace("here", "there");
    let merged = merged(base, &theirs, &ours);
    assert_eq!(
        merged.storage,
        "<p>This lasts <strong>ten</strong> minutes &amp; more, as <em>all</em> know there.</p>"
    );
    let [combined] = merged.combined.as_slice() else { panic!("{merged:?}") };
    assert_eq!(combined.start, 3);
}

#[test]
fn changes_of_the_same_words_are_a_conflict_that_shows_all_three() {
    let theirs = page(&[("five", "ten")]);
    let ours = page(&[("five", "twenty"), ("Ask somebody", "Ask me")]);
    let conflict = conflict(PAGE, &theirs, &ours);
    assert_eq!(conflict.reason, ConflictReason::BothChanged);
    assert_eq!(conflict.id.unwrap().to_string(), "aaaaaa");
    assert_eq!(conflict.path, ["Rollback"]);
    assert_eq!(conflict.base.as_deref(), Some("It takes five\u{a0}minutes."));
    assert_eq!(conflict.theirs.as_deref(), Some("It takes ten\u{a0}minutes."));
    assert_eq!(conflict.ours.as_deref(), Some("It takes twenty\u{a0}minutes."));
    let json = serde_json::to_value(&conflict).unwrap();
    assert_eq!(
        (json["reason"].as_str(), json["kind"].as_str()),
        (Some("both_changed"), Some("paragraph"))
    );
}

#[test]
fn changes_side_by_side_are_a_conflict() {
    let base = "<p>one two three four</p>";
    let conflict = conflict(base, "<p>one 2 three four</p>", "<p>one two, three four</p>");
    assert_eq!(conflict.reason, ConflictReason::BothChanged);
}

#[test]
fn marks_that_would_cross_are_a_conflict() {
    let base = "<p>one two three four five six</p>";
    let theirs = "<p>one <em>two three four</em> five six</p>";
    let ours = "<p>one two <strong>three four five</strong> six</p>";
    assert_eq!(conflict(base, theirs, ours).reason, ConflictReason::BothChanged);
}

#[test]
fn the_same_change_twice_is_made_once() {
    let theirs = page(&[
        ("five", "ten"),
        ("<p />", "<p />\n<p>New.</p>"),
        ("<li>Stop the workers first</li>\n", ""),
    ]);
    let ours = page(&[
        ("five", "ten"),
        ("<p />", "<p />\n<p>New.</p>"),
        ("<li>Stop the workers first</li>\n", ""),
        ("Ask", "Tell"),
    ]);
    assert_eq!(merged(PAGE, &theirs, &ours).storage, ours);
}

#[test]
fn what_one_deleted_and_the_other_changed_is_a_conflict() {
    let theirs = page(&[("<p local-id=\"aaaaaa\">It takes five&nbsp;minutes.</p>\n", "")]);
    let found = conflict(PAGE, &theirs, &page(&[("five", "ten")]));
    assert_eq!(found.reason, ConflictReason::DeletedAndChanged);
    assert_eq!(found.theirs, None);
    assert_eq!(found.ours.as_deref(), Some("It takes ten\u{a0}minutes."));

    let list = "<ul>\n  <li>Stop the workers first</li>\n  <li>Start the old version</li>\n</ul>\n";
    let without_list = page(&[(list, "")]);
    let found = conflict(PAGE, &without_list, &page(&[("Start the old", "Start the older")]));
    assert_eq!(found.reason, ConflictReason::DeletedAndChanged);
    let added = page(&[("</li>\n</ul>", "</li>\n<li>Also</li>\n</ul>")]);
    assert_eq!(conflict(PAGE, &without_list, &added).reason, ConflictReason::DeletedAndChanged);

    // What both take away is away.
    let less = page(&[("  <li>Stop the workers first</li>\n", "")]);
    assert_eq!(merged(PAGE, &without_list, &less).storage, without_list);
}

#[test]
fn additions_in_one_place_are_a_conflict_and_in_two_places_are_both_kept() {
    let theirs = page(&[("</ul>\n", "</ul>\n<p>Theirs.</p>\n")]);
    let ours = page(&[("</ul>\n", "</ul>\n<p>Ours.</p><p>More.</p>\n")]);
    let found = conflict(PAGE, &theirs, &ours);
    assert_eq!(found.reason, ConflictReason::BothAdded);
    assert_eq!((found.base.as_deref(), found.theirs.as_deref()), (None, Some("Theirs.")));
    assert_eq!(found.ours.as_deref(), Some("Ours.\n\nMore."));

    let ours = page(&[("</h2>\n", "</h2>\n<p>Ours.</p>\n"), ("</ul>", "<li>Ours</li></ul>")]);
    let both = page(&[
        ("</h2>\n", "</h2>\n<p>Ours.</p>\n"),
        ("</ul>\n", "<li>Ours</li></ul>\n<p>Theirs.</p>\n"),
    ]);
    assert_eq!(merged(PAGE, &theirs, &ours).storage, both);
}

#[test]
fn what_was_added_below_what_the_other_moved_or_deleted_has_no_place() {
    let section = |name: &str, more: &str| {
        format!("<h2>{name}</h2><p>All that there is about {name}.</p>{more}")
    };
    let page = |sections: &[String]| format!("<h1>Guide</h1>{}", sections.concat());
    let plain = ["Alpha", "Beta", "Gamma"].map(|name| section(name, ""));
    let [alpha, beta, gamma] = &plain;
    let base = page(&plain);
    let added = page(&[alpha.clone(), section("Beta", "<p>And more.</p>"), gamma.clone()]);
    let deleted = page(&[alpha.clone(), gamma.clone()]);
    let long = format!("{gamma}<p>Even more of it.</p>");
    let moved = page(&[alpha.clone(), long.clone(), beta.clone()]);
    let heading_deleted = base.replace("<h2>Beta</h2>", "");
    let text_deleted = base.replace("<p>All that there is about Beta.</p>", "");
    for (base, added, other) in [
        (&base, &added, &deleted),
        (&base, &added, &heading_deleted),
        (&base, &added, &text_deleted),
        (&page(&[alpha.clone(), beta.clone(), long.clone()]), &added.replace(gamma, &long), &moved),
    ] {
        let found = conflict(base, added, other);
        assert_eq!(found.reason, ConflictReason::PlaceGone, "{other}");
        assert_eq!(found.theirs.as_deref(), Some("And more."));
        assert_eq!(found.ours, None);
        assert!(found.base.is_some_and(|base| base.contains("Beta")));
        assert_eq!(found.path, ["Guide", "Beta"]);
    }
    // What comes with a heading of its own still follows something.
    let section_added = page(&[alpha.clone(), beta.clone(), section("New", ""), gamma.clone()]);
    assert_eq!(conflict(&base, &section_added, &deleted).reason, ConflictReason::PlaceGone);
    assert_eq!(
        merged(&base, &section_added, &page(&[section("Alpha", "<p>x</p>"), beta.clone()])).storage,
        page(&[section("Alpha", "<p>x</p>"), beta.clone(), section("New", "")])
    );
}

#[test]
fn an_item_added_below_one_that_is_gone_has_no_place() {
    let base = "<ul><li>one</li><li>two</li><li>three</li></ul>";
    let added = "<ul><li>one</li><li>two</li><li>more on two</li><li>three</li></ul>";
    let found = conflict(base, added, "<ul><li>one</li><li>three</li></ul>");
    assert_eq!(found.reason, ConflictReason::PlaceGone);
    assert_eq!(found.base.as_deref(), Some("- two"));
}

#[test]
fn what_was_joined_to_another_text_and_deleted_is_not_kept() {
    let base = "<p>see the plan</p><p>the plan is here see it</p><p>x see the plan y</p>";
    let joined = "<p>see the plan the plan is here see it</p><p>x see the plan y</p>";
    let deleted = "<p>the plan is here see it</p><p>x see the plan y</p>";
    assert_eq!(conflict(base, joined, deleted).reason, ConflictReason::DeletedAndChanged);
    // A few words that all texts have are no sign of it.
    let written = format!("{deleted}<p>Nothing is to be done about the weather</p>");
    assert_eq!(merged(base, &written, deleted).storage, written);
}

#[test]
fn a_list_does_not_lose_all_its_items_to_two_who_left_some() {
    let base = "<p>a</p><ul><li>one</li><li>two</li></ul>";
    let found = conflict(base, "<p>a</p><ul><li>one</li></ul>", "<p>a</p><ul><li>two</li></ul>");
    assert_eq!((found.reason, found.kind), (ConflictReason::DoesNotFit, PartKind::List));
    assert_eq!(found.base.as_deref(), Some("- one\n- two"));
    assert_eq!(found.ours.as_deref(), Some("- two"));
}

#[test]
fn no_link_comes_to_stand_in_a_link() {
    let base = "<p>Above</p><p>read the whole long guide before you start</p>";
    let theirs = base.replace("the whole long guide", "<a href=\"u\">the whole long guide</a>");
    for link in ["<a href=\"v\">long</a>", "<ac:link><ac:link-body>long</ac:link-body></ac:link>"] {
        let found = conflict(base, &theirs, &base.replace("long", link));
        assert_eq!((found.reason, found.kind), (ConflictReason::DoesNotFit, PartKind::Paragraph));
        assert!(found.theirs.is_some_and(|theirs| theirs.contains("](u)")));
    }
}

#[test]
fn two_tasks_do_not_get_one_id() {
    let task = |id: u32, text: &str| {
        format!(
            "<ac:task><ac:task-id>{id}</ac:task-id><ac:task-status>incomplete</ac:task-status>\
             <ac:task-body>{text}</ac:task-body></ac:task>"
        )
    };
    let lists = |first: &str, second: &str| {
        let [one, two] = [task(1, "Buy paper"), task(2, "Call them")];
        format!(
            "<ac:task-list>{one}{first}</ac:task-list><p>Then</p><ac:task-list>{two}{second}</ac:task-list>"
        )
    };
    let base = lists("", "");
    let theirs = lists(&task(3, "Sell paper"), "");
    let found = conflict(&base, &theirs, &lists("", &task(3, "Write them")));
    assert_eq!((found.reason, found.kind), (ConflictReason::DoesNotFit, PartKind::List));
    let ours = lists("", &task(4, "Write them"));
    assert_eq!(
        merged(&base, &theirs, &ours).storage,
        lists(&task(3, "Sell paper"), &task(4, "Write them"))
    );
}

const TWO: &str = "<p>The first paragraph says this.</p>";
const THREE: &str = "<p>Another paragraph says something else.</p>";
const FOUR: &str = "<p>And the last one is about nothing.</p>";

#[test]
fn what_one_moved_and_the_other_changed_is_moved_and_changed() {
    let base = format!("<h1>T</h1>{TWO}{THREE}{FOUR}");
    let theirs = format!("<h1>T</h1>{THREE}{FOUR}{TWO}");
    let changed = TWO.replace("this", "that");
    let ours = format!("<h1>T</h1>{changed}{THREE}{FOUR}");
    assert_eq!(merged(&base, &theirs, &ours).storage, format!("<h1>T</h1>{THREE}{FOUR}{changed}"));
}

#[test]
fn a_block_that_was_put_into_a_macro_takes_the_other_change_along() {
    let wrap = |inner: &str| {
        format!(
            "<ac:structured-macro ac:name=\"info\"><ac:rich-text-body>{inner}</ac:rich-text-body></ac:structured-macro>"
        )
    };
    let base = format!("{TWO}{THREE}{FOUR}");
    let changed = THREE.replace("something", "nothing");
    let theirs = format!("{TWO}{}{FOUR}", wrap(THREE));
    let ours = format!("{TWO}{changed}{FOUR}");
    assert_eq!(merged(&base, &theirs, &ours).storage, format!("{TWO}{}{FOUR}", wrap(&changed)));
    // And out of it again.
    assert_eq!(
        merged(&theirs, &base, &format!("{TWO}{}{FOUR}", wrap(&changed))).storage,
        format!("{TWO}{changed}{FOUR}")
    );
    let layout = |inner: &str| {
        format!(
            "<ac:layout><ac:layout-section ac:type=\"fixed-width\"><ac:layout-cell>{inner}</ac:layout-cell></ac:layout-section></ac:layout>"
        )
    };
    assert_eq!(merged(&base, &layout(&base), &ours).storage, layout(&ours));
}

#[test]
fn what_both_moved_goes_where_both_agree() {
    let base = format!("<h1>T</h1>{TWO}{THREE}{FOUR}<hr />");
    let moved = format!("<h1>T</h1>{THREE}{FOUR}{TWO}<hr />");
    let ours = moved.replace("nothing", "everything");
    assert_eq!(merged(&base, &moved, &ours).storage, ours);
    let elsewhere = format!("{TWO}<h1>T</h1>{THREE}{FOUR}<hr />");
    assert_eq!(conflict(&base, &moved, &elsewhere).reason, ConflictReason::BothMoved);
}

#[test]
fn a_few_words_are_not_followed_where_they_cannot_be_told_apart() {
    let base = "<ul><li>yes</li><li>no</li><li>maybe so</li></ul>";
    let theirs = "<ul><li>no</li><li>maybe so</li><li>yes</li></ul>";
    let ours = "<ul><li>yes sir</li><li>no</li><li>maybe so</li></ul>";
    assert_eq!(conflict(base, theirs, ours).reason, ConflictReason::MovedAndChanged);
    let with_ids = |list: &str| {
        let list = list.replacen("<li>yes", "<li local-id=\"b1b1b1\">yes", 1);
        list.replacen("<li>no", "<li local-id=\"b2b2b2\">no", 1)
    };
    assert_eq!(
        merged(&with_ids(base), &with_ids(theirs), &with_ids(ours)).storage,
        with_ids("<ul><li>no</li><li>maybe so</li><li>yes sir</li></ul>")
    );
}

#[test]
fn cells_and_rows_of_one_table_are_merged() {
    let row = |a: &str, b: &str| format!("<tr><td><p>{a}</p></td><td>{b}</td></tr>");
    let table = |rows: &[String]| format!("<table><tbody>{}</tbody></table>", rows.concat());
    let base = table(&[row("web", "3"), row("db", "1"), row("mail", "2")]);
    let theirs = table(&[row("web", "4"), row("db", "1"), row("mail", "2"), row("dns", "9")]);
    let ours = table(&[row("www", "3"), row("cache", "5"), row("db", "1"), row("mail", "7")]);
    let both = table(&[
        row("www", "4"),
        row("cache", "5"),
        row("db", "1"),
        row("mail", "7"),
        row("dns", "9"),
    ]);
    assert_eq!(merged(&base, &theirs, &ours).storage, both);
    let found =
        conflict(&base, &theirs, &table(&[row("web", "5"), row("db", "1"), row("mail", "2")]));
    assert_eq!(
        (found.reason, found.theirs.as_deref()),
        (ConflictReason::BothChanged, Some("| web | 4 |"))
    );
}

#[test]
fn a_row_and_a_column_do_not_fit() {
    let base =
        "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></tbody></table>";
    let row = base.replace("</tbody>", "<tr><td>e</td><td>f</td></tr></tbody>");
    let column = base.replace("</tr>", "<td>x</td></tr>");
    assert_eq!(conflict(base, &row, &column).reason, ConflictReason::DoesNotFit);
}

#[test]
fn code_is_merged_line_by_line() {
    let code = |lines: &[&str]| {
        format!(
            "<p>Run this:</p><ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"language\">sh</ac:parameter>\
             <ac:plain-text-body><![CDATA[{}]]></ac:plain-text-body></ac:structured-macro>",
            lines.join("\n")
        )
    };
    let base = code(&["set -e", "cd app", "make build", "make test", "exit 0"]);
    let theirs =
        code(&["set -eu", "cd app", "make build", "make test", "exit 0"]).replace(">sh<", ">bash<");
    let ours = code(&["set -e", "cd app", "make build", "make -j2 check", "exit 0"]);
    let both = code(&["set -eu", "cd app", "make build", "make -j2 check", "exit 0"])
        .replace(">sh<", ">bash<");
    assert_eq!(merged(&base, &theirs, &ours).storage, both);
    let ours = code(&["set -ex", "cd app", "make build", "make test", "exit 0"]);
    assert_eq!(conflict(&base, &theirs, &ours).reason, ConflictReason::BothChanged);
}

#[test]
fn the_frame_of_a_macro_and_what_it_holds_are_merged_apart() {
    let panel = |title: &str, icon: &str, text: &str| {
        format!(
            "<ac:structured-macro ac:name=\"info\" ac:macro-id=\"1f\"><ac:parameter ac:name=\"title\">{title}</ac:parameter>\
             <ac:parameter ac:name=\"icon\">{icon}</ac:parameter><ac:rich-text-body><p>{text}</p></ac:rich-text-body>\
             </ac:structured-macro>"
        )
    };
    let base = panel("Old", "true", "Some text here");
    let both = merged(
        &base,
        &panel("New", "true", "Some text here"),
        &panel("Old", "false", "Some text there"),
    );
    assert_eq!(both.storage, panel("New", "false", "Some text there"));
    let found = conflict(
        &base,
        &panel("New", "true", "Some text here"),
        &panel("Newer", "true", "Some text here"),
    );
    assert_eq!(found.theirs.as_deref(), Some("> [!INFO title=\"New\" icon=\"true\"]\n> …"));
    let task = |status: &str, text: &str| {
        format!(
            "<ac:task-list><ac:task><ac:task-id>7</ac:task-id><ac:task-status>{status}</ac:task-status>\
             <ac:task-body>{text}</ac:task-body></ac:task></ac:task-list>"
        )
    };
    assert_eq!(
        merged(
            &task("incomplete", "Do it"),
            &task("complete", "Do it"),
            &task("incomplete", "Do it now")
        )
        .storage,
        task("complete", "Do it now")
    );
}

#[test]
fn both_copies_of_an_adf_node_are_merged() {
    let panel = |text: &str| {
        format!(
            "<ac:adf-extension><ac:adf-node type=\"panel\"><ac:adf-attribute key=\"panel-type\">note</ac:adf-attribute>\
             <ac:adf-content><p>{text}</p></ac:adf-content></ac:adf-node><ac:adf-fallback><div class=\"panel\"><p>{text}</p></div>\
             </ac:adf-fallback></ac:adf-extension>"
        )
    };
    assert_eq!(
        merged(&panel("one two three four"), &panel("1 two three four"), &panel("one two three 4"))
            .storage,
        panel("1 two three 4")
    );
}

#[test]
fn what_is_not_well_formed_is_not_merged() {
    let error = merge("<p>a</p>", "<p>b", "<p>c</p>").unwrap_err();
    assert_eq!(error, MergeError::NotWellFormed { version: MergeInput::Theirs, at: 0 });
    assert_eq!(error.code(), "not_well_formed");
    assert_eq!(
        error.to_string(),
        "the body of the current version is not well-formed at byte 0: edit that page in Confluence"
    );
}

#[test]
fn an_edit_goes_into_every_real_page_that_has_changed_elsewhere() {
    let mut merges = 0;
    for page in corpus::corpus().iter().filter(|page| page.name.starts_with("real-")) {
        let places: Vec<_> = page.storage.match_indices("</p>").map(|(at, _)| at).collect();
        let (Some(&first), Some(&last)) = (places.first(), places.last()) else { continue };
        if first == last || merge(&page.storage, &page.storage, &page.storage).is_err() {
            continue;
        }
        let with =
            |at: usize, text: &str| [&page.storage[..at], text, &page.storage[at..]].concat();
        let (theirs, ours) = (with(first, " theirs"), with(last, " <em>ours</em>"));
        let both = [
            &page.storage[..first],
            " theirs",
            &page.storage[first..last],
            " <em>ours</em>",
            &page.storage[last..],
        ];
        assert_eq!(merged(&page.storage, &theirs, &ours).storage, both.concat(), "{}", page.name);
        merges += 1;
    }
    println!("merged into {merges} real pages");
}

#[test]
fn a_task_id_is_given_once_even_if_the_page_repeats_another() {
    let tasks = |id: u8, text: &str| {
        format!(
            "<ac:task-list><ac:task><ac:task-id>{id}</ac:task-id><ac:task-uuid>{id}</ac:task-uuid>\
             <ac:task-status>incomplete</ac:task-status><ac:task-body>{text}</ac:task-body></ac:task>\
             </ac:task-list>"
        )
    };
    let base = format!("{}<p>one</p>{}<p>two</p>", tasks(3, "a"), tasks(3, "b"));
    let theirs = base.replace("<p>one", &format!("<p>new</p>{}<p>one", tasks(5, "c")));
    let ours = format!("{base}{}", tasks(5, "d"));
    let conflict = conflict(&base, &theirs, &ours);
    assert_eq!(conflict.reason, ConflictReason::DoesNotFit);
    let other = format!("{base}{}", tasks(6, "d"));
    assert_eq!(merged(&base, &theirs, &other).storage, format!("{theirs}{}", tasks(6, "d")));
}
