//! Complaints, an audit with findings, a random inspection.

use minglian_contracts::call::Call;
use minglian_contracts::oversight::audit::{Engagement, EngagementName, Scope};
use minglian_contracts::oversight::complaint::{
    Answer, Closure, ComplaintName, Outcome, Receive, Target,
};
use minglian_contracts::oversight::draw::{Draw, NamedDraw};
use minglian_contracts::oversight::finding::{FindingKind, Position, Record, Rectify, Verdict};
use minglian_contracts::oversight::inspection::{InspectionFrame, Inspector, Members, OpenPool};
use minglian_contracts::oversight::sample::{Frame, Plan, SampleName, SamplePurpose};
use minglian_contracts::oversight::{Call as OversightCall, Reference};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Role;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::sample::METHOD;
use minglian_ledger::text::Text;

use super::body::Bodies;
use super::calendar::Window;
use super::notices::paper;
use super::quota::{FUND, ProjectQuota, received_label, year_of};
use super::script::{Act, Bind, Phase, Post, Thread};
use super::seeded::Seed;

/// The sample's name.
pub const SAMPLE: &str = "演示双随机-1";

/// The draw that its seed waits for.
const GAME: &str = "3D";
const ISSUE: &str = "演示期";

/// The paper that shows what was done about a finding.
const RECTIFIED: &str = "整改凭证 1";

/// How many units are inspected.
const INSPECTED: u32 = 3;

/// How many inspectors there are.
const INSPECTORS: usize = 6;

struct Watch<'a> {
    seed: Seed,
    window: Window,
    bodies: &'a Bodies,
}

/// What the year's overseers do. Dates lie in the days before the base date, because in time is
/// what really enters in time.
pub fn oversight(
    seed: Seed,
    window: Window,
    bodies: &Bodies,
    projects: &[ProjectQuota],
) -> anyhow::Result<Phase> {
    let watch = Watch { seed, window, bodies };
    let threads = vec![
        watch.complaint(projects)?,
        watch.waiting_complaint()?,
        watch.audit(projects)?,
        watch.inspection()?,
    ];
    Ok(Phase { name: "投诉、审计、抽查 complaints, audit, sample", threads })
}

fn act(call: OversightCall, organization: OrganizationCode) -> Act {
    Act::two(Call::Oversight(call), organization)
}

impl Watch<'_> {
    fn receive(
        &self,
        name: &str,
        target: Target,
        handler: OrganizationCode,
        on: Date,
    ) -> anyhow::Result<Act> {
        let receive = Receive {
            reference: Reference::new(name)?,
            target,
            content: self.seed.commitment(&format!("{name} 内容")),
            ticket: self.seed.commitment(&format!("{name} 凭据")),
            handler,
            occurred_on: on,
        };
        Ok(act(OversightCall::ReceiveComplaint(receive), self.bodies.counties[2].civil.code))
    }

    /// About a project: accepted, extended, answered and closed in time. Before that it is sent to
    /// the bureau that it is about, which may not handle it.
    fn complaint(&self, projects: &[ProjectQuota]) -> anyhow::Result<Thread> {
        let (civil, day) = (self.bodies.civil.code, |days| self.window.days_before(days));
        let county = self.bodies.counties[2].civil.code;
        let project = projects.iter().find(|project| project.county == 2);
        let project = project.ok_or_else(|| anyhow::anyhow!("no project"))?.project.clone();
        let name = "演示投诉-1";
        let complaint = ComplaintName { organization: county, complaint: Reference::new(name)? };
        let about_handler = Target::Organization(civil);
        let answer = Answer::Committed(self.seed.commitment("演示投诉-1 答复"));
        let step = |call| act(call, civil);
        Ok(vec![
            self.receive("演示投诉-0", about_handler, civil, day(9))?
                .refused(Code::ConflictOfInterest),
            self.receive(name, Target::Project(project), civil, day(9))?,
            step(OversightCall::AcceptComplaint {
                complaint: complaint.clone(),
                occurred_on: day(6),
            }),
            step(OversightCall::ExtendComplaint {
                complaint: complaint.clone(),
                occurred_on: day(5),
            }),
            step(OversightCall::AnswerComplaint {
                complaint: complaint.clone(),
                outcome: Outcome::PartlyFounded,
                answer,
                occurred_on: day(2),
            }),
            step(OversightCall::CloseComplaint {
                complaint,
                closure: Closure::Satisfied,
                occurred_on: day(0),
            }),
        ])
    }

    /// About a record; nobody has decided on it within fifteen days.
    fn waiting_complaint(&self) -> anyhow::Result<Thread> {
        let label = received_label(1, 3, false);
        let organization = self.bodies.counties[3].finance.code;
        let target = Target::Record { index: Default::default(), organization };
        let waiting = self.receive(
            "演示投诉-2",
            target,
            self.bodies.civil.code,
            self.window.days_before(40),
        )?;
        Ok(vec![waiting.bound(Bind::About(label))])
    }

    /// Quota that lay, with the record that shows it: rectified and confirmed. Targets that were
    /// missed: still open when the engagement ends.
    fn audit(&self, projects: &[ProjectQuota]) -> anyhow::Result<Thread> {
        let audit = self.bodies.audit.code;
        let (county, year) = (&self.bodies.counties[1], year_of(self.window, 0));
        let engagement = EngagementName {
            organization: audit,
            engagement: Reference::new("演示审计通知-1")?,
        };
        let scope = Scope {
            organizations: vec![county.finance.code, county.unit.code],
            funds: vec![Text::new(FUND)?],
            first_year: year,
            last_year: year + 1,
        };
        let amount = projects.iter().find(|project| project.county == 1);
        let amount = amount.map_or(Fen::ZERO, |project| project.amount);
        let open = Engagement {
            reference: engagement.engagement.clone(),
            scope,
            occurred_on: self.window.days_before(30),
        };
        let detained = self.finding(&engagement, 1, FindingKind::Detained, amount)?;
        let missed = self.finding(&engagement, 2, FindingKind::TargetMissed, Fen::ZERO)?;
        let itself = Engagement {
            reference: Reference::new("演示审计通知-0")?,
            scope: Scope { organizations: vec![audit], ..open.scope.clone() },
            occurred_on: open.occurred_on,
        };
        let mut thread = vec![
            act(OversightCall::OpenAudit(itself), audit).refused(Code::AuditsItself),
            act(OversightCall::OpenAudit(open), audit),
            detained.bound(Bind::Records(vec![
                received_label(0, 1, false),
                received_label(1, 1, false),
            ])),
            missed,
        ];
        thread.extend(self.rectified(&engagement, amount));
        let occurred_on = self.window.days_before(1);
        thread
            .push(act(OversightCall::CloseAudit { engagement, open: vec![2], occurred_on }, audit));
        Ok(thread)
    }

    fn finding(
        &self,
        engagement: &EngagementName,
        number: u8,
        kind: FindingKind,
        amount: Fen,
    ) -> anyhow::Result<Act> {
        let title = format!("审计工作底稿 {number}");
        let record = Record {
            engagement: engagement.clone(),
            number,
            organization: self.bodies.counties[1].finance.code,
            fund: Some(Text::new(FUND)?),
            year: year_of(self.window, 0),
            kind,
            records: Vec::new(),
            amount,
            working_paper: paper(&title),
            occurred_on: self.window.days_before(20),
        };
        let recorded = act(OversightCall::RecordFinding(record), self.bodies.audit.code);
        Ok(recorded.showing(title))
    }

    /// The audited body's position, what it did, and the auditor's word, by another checker than
    /// the one who signed the finding.
    fn rectified(&self, engagement: &EngagementName, amount: Fen) -> Vec<Act> {
        let (audit, county) = (self.bodies.audit.code, self.bodies.counties[1].finance.code);
        let respond = OversightCall::RespondFinding {
            engagement: engagement.clone(),
            finding: 1,
            position: Position::Accepted,
            statement: self.seed.commitment("被审计单位意见"),
            occurred_on: self.window.days_before(12),
        };
        let rectify = OversightCall::RectifyFinding(Rectify {
            engagement: engagement.clone(),
            finding: 1,
            amount,
            evidence: vec![paper(RECTIFIED)],
            occurred_on: self.window.days_before(8),
        });
        let confirm = OversightCall::ConfirmFinding {
            engagement: engagement.clone(),
            finding: 1,
            verdict: Verdict::Confirmed,
            occurred_on: self.window.days_before(3),
        };
        let second = Post { organization: audit, role: Role::Checker, number: 1 };
        let signers = vec![Post::first(audit, Role::Maker), second];
        vec![
            act(respond, county),
            act(rectify, county).showing(RECTIFIED),
            Act::new(Call::Oversight(confirm), signers),
        ]
    }

    /// Two pools and a plan. The draw that the plan names is to come, so nobody can know yet who
    /// inspects what: drawing now is refused.
    fn inspection(&self) -> anyhow::Result<Thread> {
        let (civil, on) = (self.bodies.civil.code, self.window.days_before(1));
        let pool = |name: &str, members| {
            let reference = Reference::new(name)?;
            let open = OpenPool { reference, members, occurred_on: on };
            anyhow::Ok(act(OversightCall::OpenPool(open), civil))
        };
        let objects = self.bodies.counties.iter().map(|county| county.unit.code).collect();
        let inspectors = (0..INSPECTORS).map(|number| Inspector {
            officer: self.seed.commitment(&format!("检查人员 {number}")),
            organization: self.bodies.counties[number].civil.code,
        });
        let frame = InspectionFrame {
            objects: Reference::new("演示检查对象名录库")?,
            inspectors: Reference::new("演示检查人员名录库")?,
            each: 2,
            recusals: Vec::new(),
        };
        let plan = Plan {
            reference: Reference::new(SAMPLE)?,
            purpose: SamplePurpose::Inspection,
            frame: Frame::Inspection(frame.clone()),
            size: INSPECTED,
            method: METHOD,
            // Both are filled in when it is signed.
            target: Height(0),
            draw: NamedDraw {
                centre: self.bodies.centre.code,
                game: Text::new(GAME)?,
                issue: Text::new(ISSUE)?,
                date: self.window.until(),
            },
            replaces: None,
        };
        let draw = draw_sample(civil)?;
        Ok(vec![
            pool(frame.objects.as_str(), Members::Objects(objects))?,
            pool(frame.inspectors.as_str(), Members::Inspectors(inspectors.collect()))?,
            act(OversightCall::PlanSample(plan), civil).bound(Bind::Sample),
            draw.refused(Code::TargetNotReached),
        ])
    }
}

fn draw_sample(planner: OrganizationCode) -> anyhow::Result<Act> {
    let plan = SampleName { organization: planner, sample: Reference::new(SAMPLE)? };
    let call = Call::Oversight(OversightCall::DrawSample { plan });
    Ok(Act::of(call, planner, &[Role::Maker]))
}

/// What is done once the named draw has taken place: its numbers are entered, the sample is drawn.
/// The numbers of a demonstration are drawn from its seed.
pub fn drawing(seed: Seed, bodies: &Bodies, occurred_on: Date) -> anyhow::Result<Phase> {
    let mut stream = seed.stream("开奖号码");
    let numbers = (0..3).map(|_| stream.between(0, 9));
    let draw = Draw {
        game: Text::new(GAME)?,
        issue: Text::new(ISSUE)?,
        numbers: numbers.map(u8::try_from).collect::<Result<_, _>>()?,
        occurred_on,
    };
    let enter = act(OversightCall::EnterDraw(draw), bodies.centre.code);
    let threads = vec![vec![enter, draw_sample(bodies.civil.code)?]];
    Ok(Phase { name: "开奖与抽取 the draw", threads })
}
