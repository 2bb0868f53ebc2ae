//! What the catalogue shows to a model.

use serde_json::Value;
use tools::{CATALOGUE, Class, Shape};

#[test]
fn the_tools_are_listed_in_a_fixed_order_under_the_names_that_agents_know() {
    let names: Vec<_> = CATALOGUE.iter().map(|tool| tool.name).collect();
    assert_eq!(
        names,
        [
            "search",
            "fetch",
            "confluence_search",
            "confluence_get_page",
            "confluence_get_page_children",
            "confluence_list_spaces",
        ]
    );
    assert!(CATALOGUE.iter().all(|tool| tool.class == Class::Read));
}

#[test]
fn each_argument_is_described_typed_and_bounded() {
    for tool in CATALOGUE.iter() {
        assert_eq!(tool.input_schema["type"], "object", "{}", tool.name);
        assert_eq!(tool.input_schema["additionalProperties"], false, "{}", tool.name);
        for (name, argument) in tool.input_schema["properties"].as_object().unwrap() {
            let described = argument["description"].as_str().is_some_and(|text| text.len() > 8);
            assert!(described, "{}.{name}", tool.name);
            let bounds: &[&str] = match argument["type"].as_str().unwrap() {
                "string" => &["maxLength"],
                "integer" => &["minimum", "maximum", "default"],
                "boolean" => &["default"],
                other => panic!("{}.{name} is a {other}", tool.name),
            };
            for bound in bounds {
                assert!(argument.get(bound).is_some(), "{}.{name} has no {bound}", tool.name);
            }
        }
    }
}

#[test]
fn search_and_fetch_take_one_string_as_chatgpt_sends_it() {
    for (tool, argument) in [("search", "query"), ("fetch", "id")] {
        let schema = &tools::definition(tool).unwrap().input_schema;
        assert_eq!(schema["required"], serde_json::json!([argument]));
        assert_eq!(schema["properties"].as_object().unwrap().len(), 1);
    }
}

#[test]
fn only_exact_json_has_an_output_schema() {
    for tool in CATALOGUE.iter() {
        let exact = matches!(tool.shape, Shape::OpenAiSearch | Shape::OpenAiFetch);
        assert_eq!(tool.output_schema.is_some(), exact, "{}", tool.name);
    }
}

#[test]
fn the_whole_catalogue_stays_small() {
    let characters: usize = CATALOGUE
        .iter()
        .map(|tool| {
            let schema = Value::Object(tool.input_schema.clone()).to_string();
            tool.name.len() + tool.title.len() + tool.description.len() + schema.len()
        })
        .sum();
    assert!(characters < 6_000, "{characters} characters");
}
