//! Constructs of the storage format as Cloud and Data Center write them, where they combine.

use document::{ViewOptions, to_markdown};

use crate::shows;

#[track_caller]
fn shows_comments(storage: &str, expected: &str) {
    let view = to_markdown(storage, &ViewOptions { comments: true, ..ViewOptions::default() });
    assert_eq!(view.warnings, []);
    assert_eq!(view.markdown, expected);
}

#[test]
fn macros_of_the_old_format_look_like_those_of_the_new() {
    shows(
        r#"<ac:macro ac:name="include"><ac:default-parameter>Some page</ac:default-parameter></ac:macro><ac:macro ac:name="note"><ac:parameter ac:name="title">T</ac:parameter><ac:rich-text-body><p>x</p></ac:rich-text-body></ac:macro><p>is <ac:macro ac:name="status"><ac:parameter ac:name="colour">Red</ac:parameter><ac:default-parameter>LATE</ac:default-parameter></ac:macro></p>"#,
        "<macro:include _=\"Some page\"/>\n\n> [!NOTE title=\"T\"]\n> x\n\nis <status colour=\"Red\">LATE</status>",
    );
}

#[test]
fn a_status_shows_all_its_parameters() {
    shows(
        r#"<p><ac:structured-macro ac:name="status" ac:macro-id="m"><ac:parameter ac:name="title">T</ac:parameter><ac:parameter ac:name="colour" /><ac:parameter ac:name="subtle">true</ac:parameter><ac:parameter ac:name="icon">x</ac:parameter></ac:structured-macro></p>"#,
        "<status subtle=\"true\" icon=\"x\">T</status>",
    );
}

#[test]
fn a_parameter_may_be_a_person_a_file_of_another_page_an_address_or_an_anchor() {
    for (value, expected) in [
        (r#"<ri:user ri:userkey="8a" />"#, "userkey:8a"),
        (
            r#"<ri:attachment ri:filename="a.png"><ri:page ri:content-title="B" /></ri:attachment>"#,
            "attachment:a.png?page=B",
        ),
        (r#"<ri:url ri:value="https://e.org/?a=1&amp;b=2" />"#, "https://e.org/?a=1&amp;b=2"),
        (
            r#"<ac:link ac:anchor="part"><ri:page ri:content-title="P" /><ac:plain-text-link-body><![CDATA[label]]></ac:plain-text-link-body></ac:link>"#,
            "wiki:P#part",
        ),
    ] {
        shows(
            &format!(
                "<ac:structured-macro ac:name=\"m\"><ac:parameter ac:name=\"v\">{value}</ac:parameter></ac:structured-macro>"
            ),
            &format!("<macro:m v=\"{expected}\"/>"),
        );
    }
}

#[test]
fn adf_parameters_nest_and_those_with_values_are_shown() {
    shows(
        r#"<ac:adf-extension><ac:adf-node type="extension"><ac:adf-attribute key="extension-key">k</ac:adf-attribute><ac:adf-attribute key="parameters"><ac:adf-parameter key="local-id">l</ac:adf-parameter><ac:adf-parameter key="guest-params"><ac:adf-parameter key="x">1</ac:adf-parameter><ac:adf-parameter key="y">2</ac:adf-parameter></ac:adf-parameter></ac:adf-attribute></ac:adf-node></ac:adf-extension>"#,
        "<adf:extension extension-key=\"k\" x=\"1\" y=\"2\"/>",
    );
    shows(
        r#"<p>a <ac:adf-extension><ac:adf-node type="inline-extension"><ac:adf-attribute key="text">t</ac:adf-attribute></ac:adf-node></ac:adf-extension> b</p>"#,
        "a <adf:inline-extension text=\"t\"/> b",
    );
}

#[test]
fn an_adf_panel_in_a_cell_is_shown_once() {
    shows(
        r#"<table><tr><td><ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">custom</ac:adf-attribute><ac:adf-attribute key="panel-icon">:rainbow:</ac:adf-attribute><ac:adf-content><p>once</p></ac:adf-content></ac:adf-node><ac:adf-fallback><p>once</p></ac:adf-fallback></ac:adf-extension></td></tr></table>"#,
        "<table>\n<tr><td>\n\n> [!ADF-PANEL panel-type=\"custom\" panel-icon=\":rainbow:\"]\n> once\n\n</td></tr>\n</table>",
    );
}

#[test]
fn a_mention_with_a_name_shows_the_name() {
    shows(
        r#"<p><ac:link><ri:user ri:account-id="5b:1" ri:local-id="x" /><ac:link-body>Ada L.</ac:link-body></ac:link>, <ac:link><ri:user ri:userkey="8a" /><ac:plain-text-link-body><![CDATA[Bob]]></ac:plain-text-link-body></ac:link></p>"#,
        "[Ada L.](user:5b:1), [Bob](userkey:8a)",
    );
}

#[test]
fn smart_links_say_how_they_are_shown() {
    shows(
        r#"<p><ac:link ac:card-appearance="inline"><ri:page ri:content-title="T" /><ac:link-body>T</ac:link-body></ac:link></p><ac:link ac:card-appearance="block"><ri:page ri:content-title="T" /></ac:link><a href="https://e.org/x" data-card-appearance="embed" data-layout="wide" data-width="80">https://e.org/x</a>"#,
        "[T](wiki:T)\n\n[T](wiki:T \"card:block\")[https://e.org/x](https://e.org/x \"card:embed\")",
    );
}

#[test]
fn the_page_itself_and_links_without_words_keep_their_place() {
    shows(
        r#"<p><ac:link ac:anchor="sec"><ac:plain-text-link-body><![CDATA[go]]></ac:plain-text-link-body></ac:link> <ac:link><ac:link-body>top</ac:link-body></ac:link> <ac:link ac:anchor="x"><ri:attachment ri:filename="a.pdf" /></ac:link></p>"#,
        "[go](#sec) [top](#) [a.pdf](attachment:a.pdf#x)",
    );
}

#[test]
fn tasks_hold_people_and_dates_and_may_be_empty() {
    shows(
        r#"<ac:task-list>
<ac:task>
<ac:task-id>78</ac:task-id>
<ac:task-uuid>9b1d</ac:task-uuid>
<ac:task-status>incomplete</ac:task-status>
<ac:task-body><span class="placeholder-inline-tasks"><ac:link><ri:user ri:account-id="1" /></ac:link> asks by <time datetime="2024-01-01" /></span></ac:task-body>
</ac:task>
<ac:task><ac:task-id>79</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body><p>one</p><p>two</p></ac:task-body></ac:task>
</ac:task-list>"#,
        "- [ ] [@user](user:1) asks by <time>2024-01-01</time>\n- [x] one\n\n  two",
    );
}

#[test]
fn tasks_and_lists_in_cells_are_tasks_and_lists() {
    shows(
        r"<table><tr><td><ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>a</ac:task-body></ac:task></ac:task-list></td><td rowspan='2'><p>b</p><pre>c</pre></td></tr></table>",
        "<table>\n<tr><td>\n\n- [x] a\n\n</td><td rowspan=\"2\">\n\nb\n\n```\nc\n```\n\n</td></tr>\n</table>",
    );
}

#[test]
fn a_table_in_a_cell_may_span_too() {
    shows(
        "<table><tbody><tr><td><table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table></td></tr></tbody></table>",
        "<table>\n<tr><td>\n\n<table>\n<tr><td colspan=\"2\">a</td></tr>\n</table>\n\n</td></tr>\n</table>",
    );
}

#[test]
fn alignment_colour_and_indentation_are_transparent() {
    shows(
        r#"<h2 style="text-align: center;"><span style="color: var(--ds-text-accent-red,#ae2e24);">A</span></h2><p style="margin-left: 30.0px;">b<span class="x" style="color: rgb(255,0,0);">o<strong>l</strong>d</span></p><table class="wrapped relative-table confluenceTable"><tbody><tr class=""><td class="highlight-grey" data-highlight-colour="grey"><div class="content-wrapper"><p class="auto-cursor-target"><font color="red">c</font></p></div></td></tr></tbody></table>"#,
        "## A\n\nbo**l**d\n\n| c |\n|---|",
    );
}

#[test]
fn comments_are_shown_in_headings_cells_code_and_around_images() {
    shows_comments(
        r#"<h2><ac:inline-comment-marker ac:ref="11111111-2">H</ac:inline-comment-marker></h2><table><tr><th><ac:inline-comment-marker ac:ref="33333333-2">h</ac:inline-comment-marker></th></tr><tr><td><code>a<ac:inline-comment-marker ac:ref="44444444-2">b</ac:inline-comment-marker></code></td></tr></table><p><ac:inline-comment-marker ac:ref="55555555-2"><ac:image><ri:attachment ri:filename="a.png" /></ac:image></ac:inline-comment-marker></p>"#,
        "## <mark comment=\"11111111\">H</mark>\n\n| <mark comment=\"33333333\">h</mark> |\n|---|\n| <code>a<mark comment=\"44444444\">b</mark></code> |\n\n<mark comment=\"55555555\">![](attachment:a.png)</mark>",
    );
}

#[test]
fn comments_may_straddle_marks_nest_and_come_again() {
    shows_comments(
        r#"<p>a<ac:inline-comment-marker ac:ref="11111111-2">b<strong>c</strong></ac:inline-comment-marker><em>d<ac:inline-comment-marker ac:ref="11111111-2">e<ac:inline-comment-marker ac:ref="22222222-2">f</ac:inline-comment-marker></ac:inline-comment-marker></em></p>"#,
        "a<mark comment=\"11111111\">b**c**</mark>*d<mark comment=\"11111111\">e<mark comment=\"22222222\">f</mark></mark>*",
    );
}

#[test]
fn a_comment_whose_words_are_gone_is_still_shown() {
    shows_comments(
        r#"<p>a <ac:inline-comment-marker ac:ref="66666666-2" /> b</p><p><ac:inline-comment-marker ac:ref="77777777-2"></ac:inline-comment-marker></p>"#,
        "a <mark comment=\"66666666\"></mark> b\n\n<mark comment=\"77777777\"></mark>",
    );
}

#[test]
fn template_variables_stand_in_cells_and_headings() {
    shows(
        r#"<h1><at:var at:name="v" at:rawxhtml="true" /></h1><table><tr><td><at:var at:name="v" /></td></tr></table><p><ac:placeholder ac:type="mention">who</ac:placeholder></p>"#,
        "# <at:var name=\"v\" rawxhtml=\"true\"/>\n\n| <at:var name=\"v\"/> |\n|---|\n\n<placeholder>who</placeholder>",
    );
}

#[test]
fn layouts_of_the_old_and_the_new_editor_are_transparent() {
    shows(
        r#"<ac:layout><ac:layout-section ac:type="fixed-width" ac:breakout-mode="wide"><ac:layout-cell><p>a</p></ac:layout-cell></ac:layout-section></ac:layout>"#,
        "a",
    );
    shows(
        r#"<div class="contentLayout2"><div class="columnLayout two-equal" data-layout="two-equal"><div class="cell normal" data-type="normal"><div class="innerCell"><p>a</p></div></div></div></div>"#,
        "a",
    );
    shows(
        r#"<ac:structured-macro ac:name="section"><ac:rich-text-body><ac:structured-macro ac:name="column"><ac:parameter ac:name="width">50%</ac:parameter><ac:rich-text-body><p>a</p></ac:rich-text-body></ac:structured-macro></ac:rich-text-body></ac:structured-macro>"#,
        "> [!SECTION]\n>\n> > [!COLUMN width=\"50%\"]\n> > a",
    );
}

#[test]
fn fragment_marks_and_borders_say_nothing() {
    shows(
        r#"<table ac:local-id="t"><ac:adf-fragment-mark><ac:adf-fragment-mark-detail name="n" local-id="l" /></ac:adf-fragment-mark><tbody><tr><td>a</td></tr></tbody></table><ac:structured-macro ac:name="toc"><ac:adf-fragment-mark><ac:adf-fragment-mark-detail name="n" local-id="l" /></ac:adf-fragment-mark></ac:structured-macro>"#,
        "| a |\n|---|\n\n<macro:toc/>",
    );
}
