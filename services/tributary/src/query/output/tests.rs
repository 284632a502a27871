use super::*;

#[test]
fn a_form_is_one_of_those_that_are_known() {
    let form = |text: &str| text.parse::<GetOutput>();
    assert!(matches!(form("table"), Ok(GetOutput::Of(Output::Table))));
    assert!(matches!(form("json"), Ok(GetOutput::Of(Output::Json))));
    assert!(matches!(form("jsonpath={.a}"), Ok(GetOutput::Filled(_))));
    assert!(matches!(
        form("custom-columns=A:.a"),
        Ok(GetOutput::Columns(_))
    ));
    assert_eq!(form("xml").unwrap_err(), FormError::Unknown);
    assert_eq!(form("go-template={{.a}}").unwrap_err(), FormError::Unknown);
    assert_eq!(
        form("custom-columns=A").unwrap_err(),
        FormError::Column("A".to_owned())
    );
    assert!(matches!(form("jsonpath={.a"), Err(FormError::Path(_))));
}
