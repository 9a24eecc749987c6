//! Figures: counted from the ledger's leaves behind the intake, and counted again from the first leaf when somebody asks.
//!
//! Both ways read leaves as [`facts`], and both put them through the one fold (`domain::figures`). Reading and counting happen
//! beside the writer; what came of a slice is written in one short transaction ([`count`]).

mod count;
mod export;
mod facts;
mod read;
mod recount;

pub use self::{
    count::{ForgetFigures, count_figures},
    export::{csv as figures_csv, json as figures_json, public_csv, public_json},
    read::{FigurePage, FigureQuery, figures_behind, read_all_figures, read_figures, read_published},
    recount::{Recounted, recount},
};
pub(super) use facts::kept_fact;
