//! Markdown to storage: the tokens of the dialect.

use crate::{refuses, writes, writes_for_data_center};

#[test]
fn quotes_with_a_head_are_rich_macros() {
    writes(
        "> [!INFO title=\"Heads &quot;up&quot; *x* &amp; go\"]\n> a\n>\n> - b",
        "<ac:structured-macro ac:name=\"info\" ac:schema-version=\"1\"><ac:parameter ac:name=\"title\">Heads \"up\" *x* &amp; go</ac:parameter><ac:rich-text-body><p>a</p><ul><li><p>b</p></li></ul></ac:rich-text-body></ac:structured-macro>",
    );
    writes(
        "> [!ui-Step]\n>\n> > [!A]\n> > b",
        "<ac:structured-macro ac:name=\"ui-Step\" ac:schema-version=\"1\"><ac:rich-text-body><ac:structured-macro ac:name=\"a\" ac:schema-version=\"1\"><ac:rich-text-body><p>b</p></ac:rich-text-body></ac:structured-macro></ac:rich-text-body></ac:structured-macro>",
    );
    writes(
        "> [!PANEL]",
        "<ac:structured-macro ac:name=\"panel\" ac:schema-version=\"1\"><ac:rich-text-body></ac:rich-text-body></ac:structured-macro>",
    );
    writes(
        "> a\n> [!INFO title=\"x\"]\n\n> \\[!NOTE]\n> b",
        "<blockquote><p>a [!INFO title=\"x\"]</p></blockquote><blockquote><p>[!NOTE] b</p></blockquote>",
    );
}

#[test]
fn macros_without_a_body_stand_alone_or_in_a_line() {
    writes(
        "<macro:toc maxLevel=\"3\"/>\n\nsee <macro:jira key=\"A_1\" jql=\"a*b*c\"/>!",
        "<ac:structured-macro ac:name=\"toc\" ac:schema-version=\"1\"><ac:parameter ac:name=\"maxLevel\">3</ac:parameter></ac:structured-macro><p>see <ac:structured-macro ac:name=\"jira\" ac:schema-version=\"1\"><ac:parameter ac:name=\"key\">A_1</ac:parameter><ac:parameter ac:name=\"jql\">a*b*c</ac:parameter></ac:structured-macro>!</p>",
    );
    writes(
        "## A<macro:anchor _=\"here\"/>",
        "<h2>A<ac:structured-macro ac:name=\"anchor\" ac:schema-version=\"1\"><ac:parameter ac:name=\"\">here</ac:parameter></ac:structured-macro></h2>",
    );
}

#[test]
fn macros_within_a_line_hold_marks() {
    writes(
        "see <macro:tooltip text=\"t\">the *note*</macro:tooltip>.",
        "<p>see <ac:structured-macro ac:name=\"tooltip\" ac:schema-version=\"1\"><ac:parameter ac:name=\"text\">t</ac:parameter><ac:rich-text-body>the <em>note</em></ac:rich-text-body></ac:structured-macro>.</p>",
    );
}

#[test]
fn fences_name_other_macros() {
    writes(
        "```macro:plantuml key=\"&#96;v&#96;\"\na -> b\n```",
        "<ac:structured-macro ac:name=\"plantuml\" ac:schema-version=\"1\"><ac:parameter ac:name=\"key\">`v`</ac:parameter><ac:plain-text-body><![CDATA[a -> b]]></ac:plain-text-body></ac:structured-macro>",
    );
}

#[test]
fn parameters_may_be_pages_people_files_and_spaces() {
    writes(
        "<macro:include _=\"wiki:DOC/Shared &quot;x&quot;\" spaces=\"space:A,space:B\" root=\"#\" name=\"attachment:a, b.pdf\" title=\"user: 1\" note=\"wiki: 100%\"/>",
        "<ac:structured-macro ac:name=\"include\" ac:schema-version=\"1\"><ac:parameter ac:name=\"\"><ac:link><ri:page ri:space-key=\"DOC\" ri:content-title=\"Shared &quot;x&quot;\" /></ac:link></ac:parameter><ac:parameter ac:name=\"spaces\"><ri:space ri:space-key=\"A\" /><ri:space ri:space-key=\"B\" /></ac:parameter><ac:parameter ac:name=\"root\"><ac:link /></ac:parameter><ac:parameter ac:name=\"name\"><ri:attachment ri:filename=\"a, b.pdf\" /></ac:parameter><ac:parameter ac:name=\"title\">user: 1</ac:parameter><ac:parameter ac:name=\"note\">wiki: 100%</ac:parameter></ac:structured-macro>",
    );
}

#[test]
fn status_date_placeholder_and_template_variable() {
    writes(
        "<status colour=\"Green\">LIVE \\* now</status> <time>2026-03-04</time> <placeholder>say</placeholder> <at:var name=\"x\"/>",
        "<p><ac:structured-macro ac:name=\"status\" ac:schema-version=\"1\"><ac:parameter ac:name=\"title\">LIVE * now</ac:parameter><ac:parameter ac:name=\"colour\">Green</ac:parameter></ac:structured-macro> <time datetime=\"2026-03-04\" /> <ac:placeholder>say</ac:placeholder> <at:var at:name=\"x\" /></p>",
    );
}

#[test]
fn declarations_of_a_template_hold_what_follows() {
    writes(
        "<at:declarations/>\n\n<at:string name=\"who\"/>\n\n<at:list name=\"env\"/>\n\n<at:option value=\"a|b\"/>\n\nDear <at:var name=\"who\"/>",
        "<at:declarations><at:string at:name=\"who\" /><at:list at:name=\"env\"><at:option at:value=\"a|b\" /></at:list></at:declarations><p>Dear <at:var at:name=\"who\" /></p>",
    );
}

#[test]
fn emoji_of_confluence_are_emoticons() {
    writes(
        "a ✅ b :tada: c:d: ☃",
        "<p>a <ac:emoticon ac:name=\"tick\" ac:emoji-fallback=\"✅\" /> b <ac:emoticon ac:name=\"blue-star\" ac:emoji-shortname=\":tada:\" /> c:d: ☃</p>",
    );
    writes_for_data_center("✅ :tada:", "<p><ac:emoticon ac:name=\"tick\" /> :tada:</p>");
}

#[test]
fn mentions_keep_their_kind_of_key() {
    writes(
        "[@user](user:5b:1) [@Ana B](userkey:8a) [@a\\_b](username:a_b) [her](user:7)",
        "<p><ac:link><ri:user ri:account-id=\"5b:1\" /></ac:link> <ac:link><ri:user ri:userkey=\"8a\" /></ac:link> <ac:link><ri:user ri:username=\"a_b\" /></ac:link> <ac:link><ri:user ri:account-id=\"7\" /><ac:link-body>her</ac:link-body></ac:link></p>",
    );
}

#[test]
fn page_links_have_a_label_of_their_flavour() {
    let markdown = "[the page](<wiki:ENG/A%2FB 100%25#top>) [Run](wiki:Run) [the *page*](wiki:Run)";
    let rich = "<ac:link><ri:page ri:content-title=\"Run\" /><ac:link-body>the <em>page</em></ac:link-body></ac:link>";
    writes(
        markdown,
        &format!(
            "<p><ac:link ac:anchor=\"top\"><ri:page ri:space-key=\"ENG\" ri:content-title=\"A/B 100%\" /><ac:link-body>the page</ac:link-body></ac:link> <ac:link><ri:page ri:content-title=\"Run\" /></ac:link> {rich}</p>"
        ),
    );
    writes_for_data_center(
        markdown,
        &format!(
            "<p><ac:link ac:anchor=\"top\"><ri:page ri:space-key=\"ENG\" ri:content-title=\"A/B 100%\" /><ac:plain-text-link-body><![CDATA[the page]]></ac:plain-text-link-body></ac:link> <ac:link><ri:page ri:content-title=\"Run\" /></ac:link> {rich}</p>"
        ),
    );
}

#[test]
fn other_resources_have_an_address_each() {
    for (address, resource) in [
        ("<attachment:a b.pdf>", "<ri:attachment ri:filename=\"a b.pdf\" />"),
        (
            "attachment:a.pdf?page=S/T",
            "<ri:attachment ri:filename=\"a.pdf\"><ri:page ri:space-key=\"S\" ri:content-title=\"T\" /></ri:attachment>",
        ),
        (
            "blog:S/2024-05-01/T",
            "<ri:blog-post ri:space-key=\"S\" ri:posting-day=\"2024/05/01\" ri:content-title=\"T\" />",
        ),
        (
            "blog:2024-05-01/T",
            "<ri:blog-post ri:posting-day=\"2024/05/01\" ri:content-title=\"T\" />",
        ),
        ("space:S", "<ri:space ri:space-key=\"S\" />"),
        ("content:7", "<ri:content-entity ri:content-id=\"7\" />"),
        ("shortcut:jira/A-1", "<ri:shortcut ri:key=\"jira\" ri:parameter=\"A-1\" />"),
    ] {
        writes(
            &format!("[x]({address})"),
            &format!("<p><ac:link>{resource}<ac:link-body>x</ac:link-body></ac:link></p>"),
        );
    }
    writes(
        "[x](<#a b>) [top](#top)",
        "<p><ac:link ac:anchor=\"a b\"><ac:link-body>x</ac:link-body></ac:link> <ac:link ac:anchor=\"top\"></ac:link></p>",
    );
}

#[test]
fn attachment_names_are_kept_exactly() {
    for name in [
        "a b.png",
        "화면 1.png",
        "Shot 9.41.00\u{202f}AM.png",
        "100% (1).png",
        "a'b\"c&d.png",
        "a?b#c/d.png",
    ] {
        let address =
            name.replace('%', "%25").replace('#', "%23").replace('/', "%2F").replace('?', "%3F");
        let name = name.replace('&', "&amp;").replace('"', "&quot;");
        writes(
            &format!("![](<attachment:{address}>)"),
            &format!("<ac:image><ri:attachment ri:filename=\"{name}\" /></ac:image>"),
        );
    }
}

#[test]
fn web_links_and_cards() {
    writes(
        "[e](https://e.org/?a=1&b=2) <https://e.org> <a@e.org> [x](u \"card:embed\") [P](wiki:P \"card:block\")",
        "<p><a href=\"https://e.org/?a=1&amp;b=2\">e</a> <a href=\"https://e.org\">https://e.org</a> <a href=\"mailto:a@e.org\">a@e.org</a> <a href=\"u\" data-card-appearance=\"embed\">x</a> <ac:link ac:card-appearance=\"block\"><ri:page ri:content-title=\"P\" /></ac:link></p>",
    );
}

#[test]
fn images_have_their_text_and_caption() {
    writes(
        "![The \\[plan\\]](attachment:a.png)<figcaption>A **plan**</figcaption>\n\nx ![](https://e.org/i.png)",
        "<ac:image ac:alt=\"The [plan]\"><ri:attachment ri:filename=\"a.png\" /><ac:caption><p>A <strong>plan</strong></p></ac:caption></ac:image><p>x <ac:image><ri:url ri:value=\"https://e.org/i.png\" /></ac:image></p>",
    );
    writes_for_data_center(
        "![](attachment:a.png)",
        "<p><ac:image><ri:attachment ri:filename=\"a.png\" /></ac:image></p>",
    );
    writes(
        "[![](attachment:a.png)](wiki:T)",
        "<p><ac:link><ri:page ri:content-title=\"T\" /><ac:link-body><ac:image><ri:attachment ri:filename=\"a.png\" /></ac:image></ac:link-body></ac:link></p>",
    );
    writes(
        "<table><tr><td colspan=\"2\"><img src=\"attachment:i.png\" alt=\"x\"><figcaption>c</figcaption></td></tr></table>",
        "<table><tbody><tr><td colspan=\"2\"><ac:image ac:alt=\"x\"><ri:attachment ri:filename=\"i.png\" /><ac:caption><p>c</p></ac:caption></ac:image></td></tr></tbody></table>",
    );
}

#[test]
fn comment_anchors_wrap_their_text() {
    writes(
        "a **b <mark comment=\"12345678\">c</mark>**",
        "<p>a <strong>b <ac:inline-comment-marker ac:ref=\"12345678\">c</ac:inline-comment-marker></strong></p>",
    );
}

#[test]
fn layouts_hold_cells() {
    writes(
        "<!-- section two_equal -->\n\n<!-- cell -->\n\nleft\n\n<!-- cell -->\n\n<!-- /section -->\n\n<!-- section single -->\n\n<!-- cell -->\n\nx\n\n<!-- /section -->\n\nafter",
        "<ac:layout><ac:layout-section ac:type=\"two_equal\"><ac:layout-cell><p>left</p></ac:layout-cell><ac:layout-cell></ac:layout-cell></ac:layout-section><ac:layout-section ac:type=\"single\"><ac:layout-cell><p>x</p></ac:layout-cell></ac:layout-section></ac:layout><p>after</p>",
    );
}

#[test]
fn adf_nodes_and_decisions_are_for_the_cloud() {
    let panel = "> [!ADF-PANEL panel-type=\"note\"]\n> once";
    writes(
        panel,
        "<ac:adf-extension><ac:adf-node type=\"panel\"><ac:adf-attribute key=\"panel-type\">note</ac:adf-attribute><ac:adf-content><p>once</p></ac:adf-content></ac:adf-node></ac:adf-extension>",
    );
    writes(
        "<adf:extension extension-key=\"forge\"/>",
        "<ac:adf-extension><ac:adf-node type=\"extension\"><ac:adf-attribute key=\"extension-key\">forge</ac:adf-attribute></ac:adf-node></ac:adf-extension>",
    );
    writes(
        "- <decision state=\"DECIDED\"/> We **go**\n- <decision state=\"UNDECIDED\"/>",
        "<ac:adf-extension><ac:adf-node type=\"decision-list\"><ac:adf-node type=\"decision-item\"><ac:adf-attribute key=\"state\">DECIDED</ac:adf-attribute><ac:adf-content>We <strong>go</strong></ac:adf-content></ac:adf-node><ac:adf-node type=\"decision-item\"><ac:adf-attribute key=\"state\">UNDECIDED</ac:adf-attribute><ac:adf-content></ac:adf-content></ac:adf-node></ac:adf-node></ac:adf-extension>",
    );
    for markdown in [panel, "a <adf:extension/>", "- <decision state=\"DECIDED\"/> We go"] {
        let options = document::StorageOptions { flavour: document::Flavour::DataCenter };
        let error = document::to_storage(markdown, &options).unwrap_err();
        assert_eq!((error.code(), error.line()), ("needs_cloud", Some(1)));
    }
}

#[test]
fn tokens_in_code_are_code() {
    writes(
        "`<macro:toc/> \\<at:x/> <zz:zz>` and <zz:zz> \\<macro:toc/>",
        "<p><code>&lt;macro:toc/&gt; \\&lt;at:x/&gt; &lt;zz:zz&gt;</code> and <a href=\"zz:zz\">zz:zz</a> &lt;macro:toc/&gt;</p>",
    );
    writes(
        "> ```\n> [!INFO title=\"x\"]\n> ```",
        "<blockquote><ac:structured-macro ac:name=\"code\" ac:schema-version=\"1\"><ac:plain-text-body><![CDATA[[!INFO title=\"x\"]]]></ac:plain-text-body></ac:structured-macro></blockquote>",
    );
}

#[test]
fn what_cannot_be_said_is_refused_with_its_line() {
    refuses("a\n\n[x](javascript:alert%281%29)", "address_not_allowed", 3);
    refuses("[x](<java\tscript:a>)", "address_not_allowed", 1);
    refuses("![x](data:text/html,x)", "address_not_allowed", 1);
    refuses("<a href=\"&#106;avascript:x\">x</a>", "address_not_allowed", 1);
    refuses("a\n<macro:jira key/>", "token_malformed", 2);
    refuses("<macro:jira key=\"A-1\"", "token_malformed", 1);
    refuses("<macro: a=\"b\"/>", "token_malformed", 1);
    refuses("<at:var na\"fme=\"/>", "token_malformed", 1);
    refuses("a\n\n<macro:tooltip text=\"t\">b\n\nc</macro:tooltip>", "token_unpaired", 3);
    refuses("<status>a", "token_unpaired", 1);
    refuses("a</time>", "token_unpaired", 1);
    refuses("a <decision state=\"DECIDED\"/>", "token_misplaced", 1);
    refuses("<!-- cell -->", "token_misplaced", 1);
    refuses("<!-- section a -->\n\ntext\n\n<!-- /section -->", "token_misplaced", 3);
    refuses("a\n\n<!-- section a -->\n\n<!-- cell -->\n\ntext", "token_misplaced", 3);
    refuses("> <!-- section a -->\n\n<!-- /section -->", "token_misplaced", 1);
    refuses(&format!("a\n\n{}b", "> ".repeat(33)), "too_deep", 3);
    refuses("a\n\u{1}", "character_not_allowed", 2);
    refuses("a\n\n&#1;", "character_not_allowed", 3);
}

#[test]
fn an_address_that_names_no_page_and_a_date_that_is_no_day_are_refused() {
    for address in ["wiki:", "wiki:DOC/", "wiki:#top", "blog:DOC/2024-05-01/"] {
        refuses(&format!("a\n\n[x]({address})"), "address_not_allowed", 3);
    }
    for day in ["2024-13-45", "2024-02-30", "tomorrow", ""] {
        refuses(&format!("a\n\n<time>{day}</time>"), "date_invalid", 3);
    }
    writes(
        "[x](#top)",
        "<p><ac:link ac:anchor=\"top\"><ac:link-body>x</ac:link-body></ac:link></p>",
    );
    writes("<time>2024-02-29</time>", "<p><time datetime=\"2024-02-29\" /></p>");
}
