use document::BlockKind;

use crate::{shows, view};

#[test]
fn rich_macros_known_or_not_are_quotes_with_their_name() {
    shows(
        r#"<ac:structured-macro ac:name="info"><ac:parameter ac:name="title">Heads "up" &amp; go</ac:parameter><ac:rich-text-body><p>a</p><ul><li>b</li></ul></ac:rich-text-body></ac:structured-macro>"#,
        "> [!INFO title=\"Heads &quot;up&quot; &amp; go\"]\n> a\n>\n> - b",
    );
    shows(
        r#"<ac:structured-macro ac:name="ui-Step"><ac:rich-text-body><table><tr><th>a</th></tr></table></ac:rich-text-body></ac:structured-macro>"#,
        "> [!ui-Step]\n>\n> | a |\n> |---|",
    );
    shows(
        r#"<ac:structured-macro ac:name="panel"><ac:parameter ac:name="title">T</ac:parameter><ac:rich-text-body /></ac:structured-macro>"#,
        "> [!PANEL title=\"T\"]",
    );
}

#[test]
fn macros_nest() {
    shows(
        r#"<ac:structured-macro ac:name="expand"><ac:rich-text-body><ac:structured-macro ac:name="tip"><ac:rich-text-body><p>a</p></ac:rich-text-body></ac:structured-macro><p>b</p></ac:rich-text-body></ac:structured-macro>"#,
        "> [!EXPAND]\n>\n> > [!TIP]\n> > a\n>\n> b",
    );
}

#[test]
fn a_rich_macro_within_a_line_is_a_pair_of_tags() {
    shows(
        r#"<p>see <ac:structured-macro ac:name="tooltip"><ac:parameter ac:name="text">t</ac:parameter><ac:rich-text-body>the <em>note</em></ac:rich-text-body></ac:structured-macro>.</p>"#,
        "see <macro:tooltip text=\"t\">the *note*</macro:tooltip>.",
    );
    shows(
        r#"<h2><ac:structured-macro ac:name="excerpt"><ac:rich-text-body><p>a</p><p>b</p></ac:rich-text-body></ac:structured-macro></h2>"#,
        "## <macro:excerpt>a<br>b</macro:excerpt>",
    );
}

#[test]
fn code_keeps_its_language_and_every_character() {
    shows(
        r#"<ac:structured-macro ac:name="code"><ac:parameter ac:name="title">x.py</ac:parameter><ac:parameter ac:name="language">python</ac:parameter><ac:plain-text-body><![CDATA[if a < b && "c":
    return [1]]]]]><![CDATA[>
]]></ac:plain-text-body></ac:structured-macro>"#,
        "```python title=\"x.py\"\nif a < b && \"c\":\n    return [1]]]>\n```",
    );
    shows(
        "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[```\nx\n```]]></ac:plain-text-body></ac:structured-macro>",
        "````\n```\nx\n```\n````",
    );
    shows(
        "<ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"title\">t</ac:parameter><ac:plain-text-body>a &lt; b</ac:plain-text-body></ac:structured-macro>",
        "```macro:code title=\"t\"\na < b\n```",
    );
    shows(
        "<ac:macro ac:name=\"code\"><ac:default-parameter>java</ac:default-parameter><ac:plain-text-body><![CDATA[x]]></ac:plain-text-body></ac:macro>",
        "```java\nx\n```",
    );
}

#[test]
fn a_fence_is_longer_than_any_run_of_backticks_inside() {
    let body = |text: &str| {
        format!(
            "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body>{text}</ac:plain-text-body></ac:structured-macro>"
        )
    };
    shows(&body("<![CDATA[``]]><![CDATA[`]]>"), "````\n```\n````");
    shows(&body("``&#96;"), "````\n```\n````");
    let run = "`".repeat(1000);
    shows(&body(&run), &format!("`{run}\n{run}\n`{run}"));
}

#[test]
fn what_pages_call_things_cannot_become_markup() {
    shows(
        "<p>a <ac:emoticon ac:name=\"x\" ac:emoji-fallback=\"](u)&#10;# b\" /></p>",
        "a __u____b",
    );
    shows(
        "<ac:structured-macro ac:name=\"a&#10;--&gt; b\"><ac:parameter ac:name=\"p&quot; q\">x&#10;&quot; y</ac:parameter></ac:structured-macro>",
        "<macro:a__10_-__gt__b p_quot__q=\"x&#10;&quot; y\"/>",
    );
}

#[test]
fn other_plain_bodies_name_their_macro() {
    shows(
        r#"<ac:structured-macro ac:name="plantuml"><ac:parameter ac:name="key">`v`</ac:parameter><ac:plain-text-body><![CDATA[a -> b]]></ac:plain-text-body></ac:structured-macro>"#,
        "```macro:plantuml key=\"&#96;v&#96;\"\na -> b\n```",
    );
    shows(
        "<ac:structured-macro ac:name=\"noformat\"><ac:plain-text-body><![CDATA[ a]]></ac:plain-text-body></ac:structured-macro>",
        "```macro:noformat\n a\n```",
    );
}

#[test]
fn bodyless_macros_are_tokens_and_hide_what_only_says_how_wide() {
    shows(
        r#"<p>see <ac:structured-macro ac:name="jira"><ac:parameter ac:name="server">Our Jira</ac:parameter><ac:parameter ac:name="serverId">6f</ac:parameter><ac:parameter ac:name="key">ABC-1</ac:parameter></ac:structured-macro></p><ac:structured-macro ac:name="toc"><ac:parameter ac:name="breakoutWidth">760</ac:parameter></ac:structured-macro><p>b</p>"#,
        "see <macro:jira server=\"Our Jira\" key=\"ABC-1\"/>\n\n<macro:toc/>\n\nb",
    );
    shows(
        r#"<h2>A<ac:structured-macro ac:name="anchor"><ac:parameter ac:name="">here</ac:parameter></ac:structured-macro></h2>"#,
        "## A<macro:anchor _=\"here\"/>",
    );
}

#[test]
fn parameters_may_be_pages_people_files_and_spaces() {
    shows(
        r#"<ac:structured-macro ac:name="include"><ac:parameter ac:name=""><ac:link><ri:page ri:content-title="Shared &quot;x&quot;" ri:space-key="DOC" /></ac:link></ac:parameter><ac:parameter ac:name="spaces"><ri:space ri:space-key="A" /><ri:space ri:space-key="B" /></ac:parameter><ac:parameter ac:name="root"><ac:link /></ac:parameter></ac:structured-macro>"#,
        "<macro:include _=\"wiki:DOC/Shared &quot;x&quot;\" spaces=\"space:A,space:B\" root=\"#\"/>",
    );
    shows(
        r#"<ac:structured-macro ac:name="view-file"><ac:parameter ac:name="name"><ri:attachment ri:filename="r.pdf" /></ac:parameter></ac:structured-macro>"#,
        "<macro:view-file name=\"attachment:r.pdf\"/>",
    );
}

#[test]
fn status_shows_its_text_and_colour() {
    shows(
        r#"<p>State: <ac:structured-macro ac:name="status"><ac:parameter ac:name="colour">Green</ac:parameter><ac:parameter ac:name="title">LIVE * now</ac:parameter></ac:structured-macro></p>"#,
        "State: <status colour=\"Green\">LIVE * now</status>",
    );
}

#[test]
fn adf_nodes_show_their_content_once() {
    shows(
        r#"<ac:adf-extension><ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note</ac:adf-attribute><ac:adf-content><p>once</p></ac:adf-content></ac:adf-node><ac:adf-fallback><div class="panel"><p>once</p></div></ac:adf-fallback></ac:adf-extension><p>after</p>"#,
        "> [!ADF-PANEL panel-type=\"note\"]\n> once\n\nafter",
    );
}

#[test]
fn an_adf_node_without_content_shows_its_fallback() {
    shows(
        r#"<ac:adf-extension><ac:adf-node type="extension"><ac:adf-attribute key="extension-key">forge</ac:adf-attribute></ac:adf-node><ac:adf-fallback><p>seen</p></ac:adf-fallback></ac:adf-extension>"#,
        "<adf:extension extension-key=\"forge\"/>\n\nseen",
    );
}

#[test]
fn a_macro_is_a_block_with_its_bytes_wherever_it_stands() {
    let storage = r#"<p>a <ac:structured-macro ac:name="status" ac:macro-id="s1"><ac:parameter ac:name="title">T</ac:parameter></ac:structured-macro> <ac:structured-macro ac:name="toc" ac:local-id="t1" /></p>"#;
    let view = view(storage);
    let macros: Vec<_> =
        view.blocks.iter().filter(|block| block.kind == BlockKind::Macro).collect();
    assert_eq!(macros.len(), 2);
    for (block, (shown, id)) in
        macros.iter().zip([("<status>T</status>", "s1"), ("<macro:toc/>", "t1")])
    {
        assert_eq!(&view.markdown[block.view.start as usize..block.view.end as usize], shown);
        assert!(storage[block.source.start as usize..].starts_with("<ac:structured-macro"));
        assert_eq!(block.local_id(storage), Some(id));
    }
}

#[test]
fn template_declarations_are_tokens() {
    shows(
        r#"<at:declarations><at:string at:name="who" /><at:list at:name="env"><at:option at:value="a|b" /></at:list></at:declarations><p>Dear <at:var at:name="who" /></p>"#,
        "<at:declarations/>\n\n<at:string name=\"who\"/>\n\n<at:list name=\"env\"/>\n\n<at:option value=\"a&#124;b\"/>\n\nDear <at:var name=\"who\"/>",
    );
}
