//! Words of complaints by anybody, feeds, and the pages about this site.

use super::Word;

pub(super) const WORDS: &[Word] = &[
    ("举报与异议", "Complain or object"),
    ("本站没有开通在线受理。", "This site relays no complaints."),
    ("反映对象", "What it is about"),
    ("被反映单位", "Organisation concerned"),
    (
        "反映对象(账目序号、机构名称或代码、项目编号)",
        "What it is about (number of an entry, name or code of an organisation, project reference)",
    ),
    ("反映的情况", "What happened"),
    ("怎样联系您(可以不填;不要填手机号)", "How to reach you (optional; no mobile number)"),
    ("提交", "Send"),
    ("提交以后", "After you have sent it"),
    ("举报回执", "Ticket"),
    ("已收到,请保存回执码", "Received. Keep this ticket"),
    ("投诉举报编号", "Complaint's reference"),
    ("账本已登记,等待第二位经办人复核", "On the ledger, waiting for a second officer's check"),
    (
        "正在送交账本,几分钟后凭回执码可以查到",
        "On its way to the ledger; the ticket finds it in some minutes",
    ),
    ("凭回执码查询", "Look up a ticket"),
    ("凭回执码查询:举报办到哪一步了?", "Look up a ticket: how far is the case?"),
    ("回执码", "Ticket"),
    (
        "回执码应为 32 位十六进制数字,请对照回执重新输入。",
        "A ticket has 32 hexadecimal digits; please compare and type it again.",
    ),
    (
        "没有这个回执码的举报。请核对回执码;回执须在出具它的网站查询。",
        "No complaint has this ticket. Check it, and ask on the site that gave it.",
    ),
    ("正在送交账本", "On its way to the ledger"),
    (
        "已经收到,账本确认后就能在这里看到。",
        "It is here, and will be shown once the ledger has confirmed it.",
    ),
    ("复核未通过", "Not passed by the second officer"),
    (
        "谁没有让它通过,账本上可以看到。您可以改写后再提交,或直接向上一级主管部门反映。",
        "The ledger says who did not let it pass. Write it anew, or turn to the authority above.",
    ),
    ("公开的办理页面", "The public page of the case"),
    (
        "扫码打开本页,可在自己的浏览器里核验。",
        "Scan to open this page and verify it in your own browser.",
    ),
    ("关于本站", "About this site"),
    ("数字怎么算出来的", "How figures come about"),
    ("隐私", "Privacy"),
    ("无障碍", "Accessibility"),
    ("订阅", "Subscribe"),
    ("普通版", "Usual type"),
    ("长辈版", "Large type"),
    ("订阅:有变化怎么第一时间知道?", "Subscribe: how do I hear of changes first?"),
    ("(日历程序用)", "(for calendar programs)"),
    ("(每个机构的页面上有链接)", "(the link is on each organisation's page)"),
    ("(每个项目的页面上有链接)", "(the link is on each project's page)"),
    ("没有登记单位。", "No organisations are registered."),
    ("订阅本项目(Atom)", "Subscribe to this project (Atom)"),
    ("订阅本区县(Atom)", "Subscribe to this county (Atom)"),
    ("对此举报或提出异议", "Complain about this, or object"),
];
