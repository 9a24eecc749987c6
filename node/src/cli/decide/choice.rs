//! Values of the contract as words of the command line.

use meldeverbund_proto::v1;

/// A word that stands for a value of the contract.
pub(in crate::cli) trait Word {
    /// The contract's number; 0 for none.
    fn number(self) -> i32;
}

impl<W: Word> Word for Option<W> {
    fn number(self) -> i32 {
        self.map_or(0, Word::number)
    }
}

/// Words for some values of one enum of the contract.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident of $of:ident { $($value:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
        pub(in crate::cli) enum $name {
            $($value),+
        }

        impl Word for $name {
            fn number(self) -> i32 {
                match self {
                    $(Self::$value => v1::$of::$value.into()),+
                }
            }
        }
    };
}

choice! {
    /// Where a takedown stands.
    StageName of Stage { Referred, Cleared, Granted, Notified, Closed }
}
choice! {
    /// What this agency is.
    RoleName of Role { Owner, CoInterested }
}
choice! {
    /// What is due.
    DueName of DueKind {
        AnswerProposal, AnswerOffer, AnswerWindow, RenewHold, SetGates, RequestGrant, SendNotice, ResolveIntent,
        FollowUp, SettleComplaint, DecideDispute,
    }
}
choice! {
    /// What an assessment found.
    FindingName of Finding { Unlawful, NotUnlawful }
}
choice! {
    /// The offence.
    OffenceName of OffenceClass { Stgb184b, Stgb184c, Stgb176e, Other }
}
choice! {
    /// What became of the provider's data.
    ProviderDataName of ProviderDataState { Requested, Preserved, NotNeeded }
}
choice! {
    /// In which form.
    FormName of ReleaseForm { Written, Electronic, Oral }
}
choice! {
    /// How far.
    ScopeName of ReleaseScope { Links, Case, Period }
}
choice! {
    /// Which gate.
    GateName of GateKind { Assessed, Evidence, ProviderData, Released }
}
choice! {
    /// Why not yet.
    HoldReasonName of HoldReason { Investigation, CovertMeasure, Evidence, Victim, ForeignRequest, Other }
}
choice! {
    /// Whether it orders.
    ForceName of NoticeForce { Request, Order }
}
choice! {
    /// What a provider answers.
    AnswerName of AnswerCode { Actioned, NotOurs, NoAction, AlreadyDown, NeedMoreInformation }
}
choice! {
    /// What a look found.
    CheckName of CheckResult { Available, Gone, Unclear }
}
choice! {
    /// How a round ends.
    OutcomeName of Outcome {
        Gone, GoneBeforeNotice, Refused, NotForwardable, NotUnlawful, Unresolved, Contested,
    }
}
