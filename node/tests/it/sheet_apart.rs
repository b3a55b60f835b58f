//! Names that a sheet keeps off the ledger.

use crate::sheet::{built, refusals};

#[test]
fn a_name_that_is_kept_off_the_ledger_stands_in_no_other_column() {
    let with = |donor: &str, reference: &str, fund: &str, restriction: &str| {
        let header = "捐赠编号,业务编号,基金,捐赠人,金额(元),限定用途,捐赠日期";
        let row = format!("J-1,{reference},{fund},{donor},1,{restriction},2025-03-01");
        built("charity.donate", &format!("{header}\n{row}\n"))
    };
    for (reference, restriction, place) in [
        ("凭证1", "张三的手术", "第2行F列“限定用途”"),
        ("凭证1", "给张 三", "第2行F列“限定用途”"),
        ("张三-1", "手术", "第2行B列“业务编号”"),
    ] {
        let refused = refusals(&with("张三", reference, "本级", restriction));
        assert!(refused.len() == 1 && refused[0].contains(place), "{refused:?}");
        assert!(refused[0].contains("leave the name out") && !refused[0].contains("张三"));
    }
    // A fund was called after its founder before; one character is a part of many words; whom the
    // ledger names anyway may be named.
    let taken = [
        with("张三", "凭证1", "张三助学基金", "助学"),
        with("张", "凭证1", "本级", "张家村助学"),
        with("县民政局", "凭证1", "本级", "县民政局助学"),
    ];
    assert!(taken.iter().all(|built| built.refused.is_empty() && built.acts.len() == 1));
}
