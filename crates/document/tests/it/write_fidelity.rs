//! Nineteen constructs that converters are known to lose, there and back: storage format, Markdown,
//! storage format. What a page means by each is named here, byte for byte.

use document::{StorageOptions, ViewOptions, to_markdown, to_storage};

/// What a page holds, and what must be in the page that is written from its view.
const CONSTRUCTS: [(&str, &str, &[&str]); 19] = [
    (
        "a link to a page in words of its own",
        r#"<p>Read <ac:link><ri:page ri:content-title="Restore a backup" ri:space-key="OPS" /><ac:plain-text-link-body><![CDATA[how to restore]]></ac:plain-text-link-body></ac:link> first.</p>"#,
        &[
            r#"<ri:page ri:space-key="OPS" ri:content-title="Restore a backup" />"#,
            "how to restore",
        ],
    ),
    (
        "a link that shows the title of its page",
        r#"<p>Read <ac:link><ri:page ri:content-title="Restore a backup" ri:space-key="OPS" /></ac:link>.</p>"#,
        &[
            r#"<ac:link><ri:page ri:space-key="OPS" ri:content-title="Restore a backup" /></ac:link>"#,
        ],
    ),
    (
        "code",
        "<ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"language\">rust</ac:parameter><ac:plain-text-body><![CDATA[fn f(x: u8) -> bool {\n    x < 3 && \"a\" != 'b'\n}\n]]></ac:plain-text-body></ac:structured-macro>",
        &[
            r#"ac:name="code""#,
            r#"<ac:parameter ac:name="language">rust</ac:parameter>"#,
            "<![CDATA[fn f(x: u8) -> bool {\n    x < 3 && \"a\" != 'b'\n}]]>",
        ],
    ),
    (
        "an information panel",
        r#"<ac:structured-macro ac:name="info"><ac:parameter ac:name="title">Before you start</ac:parameter><ac:rich-text-body><p>Ask for <strong>access</strong>.</p></ac:rich-text-body></ac:structured-macro>"#,
        &[
            r#"ac:name="info""#,
            r#"<ac:parameter ac:name="title">Before you start</ac:parameter>"#,
            "<ac:rich-text-body><p>Ask for <strong>access</strong>.</p></ac:rich-text-body>",
        ],
    ),
    (
        "a status",
        r#"<p>It is <ac:structured-macro ac:name="status"><ac:parameter ac:name="colour">Yellow</ac:parameter><ac:parameter ac:name="title">PAUSED</ac:parameter></ac:structured-macro>.</p>"#,
        &[
            r#"ac:name="status""#,
            r#"<ac:parameter ac:name="colour">Yellow</ac:parameter>"#,
            r#"<ac:parameter ac:name="title">PAUSED</ac:parameter>"#,
        ],
    ),
    (
        "a table of contents",
        r#"<p><ac:structured-macro ac:name="toc"><ac:parameter ac:name="maxLevel">2</ac:parameter></ac:structured-macro></p>"#,
        &[r#"ac:name="toc""#, r#"<ac:parameter ac:name="maxLevel">2</ac:parameter>"#],
    ),
    (
        "a part that unfolds",
        r#"<ac:structured-macro ac:name="expand"><ac:parameter ac:name="title">Why</ac:parameter><ac:rich-text-body><p>the long story</p></ac:rich-text-body></ac:structured-macro>"#,
        &[
            r#"ac:name="expand""#,
            r#"<ac:parameter ac:name="title">Why</ac:parameter>"#,
            "<ac:rich-text-body><p>the long story</p></ac:rich-text-body>",
        ],
    ),
    (
        "an issue of Jira",
        r#"<p><ac:structured-macro ac:name="jira"><ac:parameter ac:name="server">Our Jira</ac:parameter><ac:parameter ac:name="key">HAR-12</ac:parameter></ac:structured-macro></p>"#,
        &[
            r#"ac:name="jira""#,
            r#"<ac:parameter ac:name="server">Our Jira</ac:parameter>"#,
            r#"<ac:parameter ac:name="key">HAR-12</ac:parameter>"#,
        ],
    ),
    (
        "tasks",
        "<ac:task-list><ac:task><ac:task-id>4</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>order</ac:task-body></ac:task><ac:task><ac:task-id>5</ac:task-id><ac:task-status>incomplete</ac:task-status><ac:task-body>pay</ac:task-body></ac:task></ac:task-list>",
        &[
            "<ac:task-status>complete</ac:task-status><ac:task-body>order</ac:task-body>",
            "<ac:task-status>incomplete</ac:task-status><ac:task-body>pay</ac:task-body>",
        ],
    ),
    (
        "an image",
        r#"<p><ac:image ac:width="400" ac:alt="The harbour"><ri:attachment ri:filename="harbour plan.png" /></ac:image></p>"#,
        &[r#"ac:alt="The harbour""#, r#"<ri:attachment ri:filename="harbour plan.png" />"#],
    ),
    (
        "a table whose cells span",
        r#"<table><tbody><tr><th colspan="2"><p>Hours</p></th></tr><tr><td rowspan="2"><p>Mo</p></td><td><p>9</p></td></tr><tr><td><ul><li>10</li><li>11</li></ul></td></tr></tbody></table>"#,
        &[
            r#"<th colspan="2"><p>Hours</p></th>"#,
            r#"<td rowspan="2"><p>Mo</p></td>"#,
            "<td><ul><li><p>10</p></li><li><p>11</p></li></ul></td>",
        ],
    ),
    (
        "a layout",
        r#"<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>port</p></ac:layout-cell><ac:layout-cell><p>starboard</p></ac:layout-cell></ac:layout-section></ac:layout>"#,
        &[
            r#"<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>port</p></ac:layout-cell><ac:layout-cell><p>starboard</p></ac:layout-cell></ac:layout-section></ac:layout>"#,
        ],
    ),
    (
        "an inline comment",
        r#"<p>The <ac:inline-comment-marker ac:ref="0badcafe">old</ac:inline-comment-marker> way</p>"#,
        &[r#"The <ac:inline-comment-marker ac:ref="0badcafe">old</ac:inline-comment-marker> way"#],
    ),
    (
        "an emoji",
        r#"<p>done <ac:emoticon ac:name="tick" ac:emoji-shortname=":check_mark:" ac:emoji-fallback="✅" /></p>"#,
        &[r#"<ac:emoticon ac:name="tick" ac:emoji-fallback="✅" />"#],
    ),
    (
        "a date",
        r#"<p>Until <time datetime="2026-11-20" /></p>"#,
        &[r#"Until <time datetime="2026-11-20" />"#],
    ),
    (
        "a parameter that is a page",
        r#"<ac:structured-macro ac:name="include"><ac:parameter ac:name=""><ac:link><ri:page ri:content-title="Imprint" /></ac:link></ac:parameter></ac:structured-macro>"#,
        &[
            r#"ac:name="include""#,
            r#"<ac:parameter ac:name=""><ac:link><ri:page ri:content-title="Imprint" /></ac:link></ac:parameter>"#,
        ],
    ),
    (
        "a mention",
        r#"<p>thanks <ac:link><ri:user ri:account-id="712020:0f6a" /></ac:link></p>"#,
        &[r#"thanks <ac:link><ri:user ri:account-id="712020:0f6a" /></ac:link>"#],
    ),
    (
        "text that looks like markup",
        "<p>max_open_files * 2 and 3 * 4, &lt;b&gt; &amp; more</p>",
        &["<p>max_open_files * 2 and 3 * 4, &lt;b&gt; &amp; more</p>"],
    ),
    (
        "a node of ADF and its fallback",
        r#"<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note</ac:adf-attribute><ac:adf-content><p>purple</p></ac:adf-content></ac:adf-node><ac:adf-fallback><div class="panel"><p>purple</p></div></ac:adf-fallback></ac:adf-extension>"#,
        &[
            r#"<ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note</ac:adf-attribute><ac:adf-content><p>purple</p></ac:adf-content></ac:adf-node>"#,
        ],
    ),
];

#[test]
fn what_converters_are_known_to_lose_survives_there_and_back() {
    let shown = ViewOptions { comments: true, layouts: true };
    for (construct, storage, kept) in CONSTRUCTS {
        let view = to_markdown(storage, &shown).markdown;
        let written = to_storage(&view, &StorageOptions::default()).unwrap();
        for part in kept {
            assert!(written.contains(part), "{construct}: {part}\n{view}\n{written}");
        }
        let again = to_markdown(&written, &shown);
        assert_eq!((again.markdown, again.warnings), (view, vec![]), "{construct}");
    }
}
