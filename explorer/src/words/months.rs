//! What the pages of amounts by month say.

use super::Word;

pub(super) const WORDS: &[Word] = &[
    ("慈善逐月收支", "Charity by month"),
    ("逐月收支", "Month by month"),
    ("逐月收入", "Received by month"),
    ("限定", "restricted"),
    ("全部慈善组织", "all charities"),
    ("全部月份", "All months"),
    ("更早的月份", "Earlier months"),
    (
        "点击月份可见当月的构成,直到每一笔捐赠和付款。",
        "Each month opens what it is made of, down to single gifts and payments.",
    ),
    ("基金须与慈善组织一起指明", "a fund is named together with its charity"),
    ("福彩销售与上缴", "Lottery: sales and remittances"),
    ("游戏", "Game"),
    ("各游戏", "By game"),
    ("各游戏逐月销量", "Sales by game and month"),
    ("销量", "Sales"),
    ("公益金", "Fund"),
    ("中央分成", "Central share"),
    ("地方分成", "Local share"),
    ("销量和公益金", "Sales and the fund"),
    ("逐月销售和公益金", "Sales and the fund by month"),
    ("中央分成上缴", "Remittance of the central share"),
    ("逐月上缴", "Remittances by month"),
    ("应上缴", "To be remitted"),
    ("已上缴", "Remitted"),
    ("尚未上缴", "Not remitted yet"),
    ("没有销售报告。", "No sales are stated."),
    ("没有上缴。", "Nothing was remitted."),
    (
        "点击月份可见当月每个游戏的报告和每一笔上缴。",
        "Each month opens the statement of every game and every remittance.",
    ),
    ("全年", "The whole year"),
];
