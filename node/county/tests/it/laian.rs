//! 来安县, December 2012: 8,523 × 30 + 675 × 60 + 8 × 300 = 298,590.00 元, as was published.

use minglian_county::bundle::{self, Bundle, verify};
use minglian_county::generated;
use minglian_county::programme::Programme;
use minglian_county::roll::Roll;
use minglian_county::{enrol, month};

use crate::fixture::{self, county, import, pay, random, terms};

#[test]
fn laian_december_2012_comes_to_what_was_published() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("laian-2012-12");
    let period = fixture::month("2012-12");
    let mut roll = Roll::new(county());
    roll.add_programme(Programme::parse(generated::LAIAN_PROGRAMME).unwrap()).unwrap();
    let sheet = generated::sheet(&generated::LAIAN_2012, period, 2012);
    let report = import(&mut roll, &sheet, &terms("录入员"));
    assert_eq!((report.faults.len(), report.begun), (0, 9_206));
    assert_eq!(enrol::enrol(&mut roll, 1, 2012, &mut random()), Ok(9_206));
    let plan = month::plan(&roll, 1, period, 2012, false).unwrap();
    let counts: Vec<(u32, usize)> =
        plan.counts().iter().map(|it| (it.standard_fen, it.handles)).collect();
    assert_eq!(counts, [(3_000, 8_523), (6_000, 675), (30_000, 8)]);
    let (_, made) = pay(&mut roll, &plan);
    let manifest = bundle::write(&made, &path).unwrap();
    assert_eq!((manifest.total.to_string().as_str(), manifest.leaves), ("298590.00", 9_206));
    assert_eq!(manifest.chunks.len(), 3);
    let bundle = Bundle::open(&path).unwrap();
    let verified = verify::verify(&bundle, None, 2, &|_| ()).unwrap();
    assert_eq!((verified.leaves, verified.envelopes), (9_206, 9_206));
    assert_eq!(bundle.sealed.header.total.get(), 29_859_000);
}
