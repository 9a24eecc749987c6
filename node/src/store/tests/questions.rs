//! Questions: taken, answered once, and erased with everything that belongs to them.

use meldeverbund_proto::{CommandId, v1::Purpose};

use super::*;

fn question(asked_us: i64) -> NewQuestion {
    NewQuestion {
        digest: vec![1; 32],
        blind: false,
        officer: "Erika Muster".into(),
        purpose: Purpose { code: "investigation".into(), case_number: "EP/7".into(), reason: String::new() },
        source_name: "list".into(),
        asked_us,
        hits_of: None,
    }
}

fn batch(number: u8, rows: usize) -> NewQuestionBatch {
    let row = |line| NewQuestionRow { line, content: RowContent::Selector(vec![number]) };
    let mut id = [number; 16];
    (id[6], id[8]) = (0x70, 0x80);
    NewQuestionBatch {
        query_id: CommandId::from_bytes(id),
        salt: [number; 32],
        rows: (1..=rows as u64).map(row).collect(),
    }
}

fn answered(batch: i64, states: &[AskedState]) -> BatchAnswered {
    BatchAnswered {
        batch,
        recorded_us: 5,
        leaf_index: 6,
        receipt: Vec::new(),
        answers: states.iter().map(|state| RowAnswer { state: *state, detail: Vec::new() }).collect(),
        set: Some((3, 1)),
    }
}

#[tokio::test]
async fn rows_are_taken_in_order_and_answered_once() {
    let Fixture { store, folder: _folder, .. } = fixture().await;
    let mut tx = store.begin().await;
    let id = tx.put_question(&question(1)).await.unwrap();
    assert!(tx.take_question_rows(id, 0, &batch(1, 2)).await.unwrap());
    assert!(!tx.take_question_rows(id, 0, &batch(2, 2)).await.unwrap(), "not behind what was taken");
    let mut mixed = batch(2, 2);
    mixed.rows[0].content = RowContent::Unreadable { text: "x".into(), refusal: vec![9] };
    assert!(tx.take_question_rows(id, 2, &mixed).await.unwrap());
    assert!(!tx.question_is_taken(id, 5, 2).await.unwrap(), "there are four");
    assert!(tx.question_is_taken(id, 4, 2).await.unwrap());
    assert!(!tx.take_question_rows(id, 4, &batch(3, 1)).await.unwrap(), "all were taken");
    assert_eq!(tx.open_question(&[1; 32]).await.unwrap().unwrap().id, id);

    let open = tx.open_question_batches(id, 0, 9).await.unwrap();
    assert_eq!(open.iter().map(|batch| batch.salt[0]).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(tx.batch_selectors(open[1].id).await.unwrap(), [[2]], "what cannot be read is not sent");
    let one = answered(open[0].id, &[AskedState::Hit, AskedState::NoHit]);
    tx.answer_question_batch(&one, 7).await.unwrap();
    // An answer that comes a second time, and says otherwise.
    tx.answer_question_batch(&answered(open[0].id, &[AskedState::NoHit; 2]), 8).await.unwrap();
    assert!(!tx.question_is_finished(id, 9).await.unwrap());
    tx.answer_question_batch(&answered(open[1].id, &[AskedState::NoHit]), 9).await.unwrap();
    assert!(tx.question_is_finished(id, 9).await.unwrap());
    let counts = tx.question(id).await.unwrap().unwrap().counts;
    assert_eq!(counts, QuestionCounts { waiting: 0, no_hits: 2, hits: 1, refused: 1 });
    let rows = tx.question_rows(id, 0, false, 9).await.unwrap();
    let states: Vec<_> = rows.iter().map(|row| row.state).collect();
    let expected = [AskedState::Hit, AskedState::NoHit, AskedState::Refused, AskedState::NoHit];
    assert_eq!((states, rows[3].place.unwrap().1, rows[0].set), (expected.into(), 0, Some((3, 1))));
    assert_eq!(tx.question_rows(id, 0, true, 9).await.unwrap().len(), 1);
    assert_eq!(tx.open_question(&[1; 32]).await.unwrap(), None, "the same input again is a new question");
}

#[tokio::test]
async fn secrets_go_with_the_answer() {
    let Fixture { store, folder: _folder, .. } = fixture().await;
    let mut tx = store.begin().await;
    let id = tx.put_question(&question(1)).await.unwrap();
    tx.take_question_rows(id, 0, &batch(1, 1)).await.unwrap();
    let open = tx.open_question_batches(id, 0, 1).await.unwrap().remove(0);
    let blinded = Blinded { epoch: 4, elements: vec![5; 32], secrets: vec![6; 64] };
    let again = batch(9, 1);
    tx.keep_blinded(open.id, again.query_id, &again.salt, &blinded).await.unwrap();
    let kept = tx.open_question_batches(id, 0, 1).await.unwrap().remove(0);
    assert_eq!((kept.query_id, kept.salt), (again.query_id, again.salt));
    let kept = kept.blinded.unwrap();
    assert_eq!((kept.epoch, kept.elements, &kept.secrets[..]), (4, vec![5; 32], &[6; 64][..]));
    assert!(!format!("{blinded:?}").contains('6'));
    tx.answer_question_batch(&answered(open.id, &[AskedState::Hit]), 7).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM question_batch WHERE secrets IS NOT NULL")
        .fetch_one(tx.conn())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn what_is_over_its_time_goes_as_a_whole() {
    let Fixture { store, folder: _folder, .. } = fixture().await;
    let mut tx = store.begin().await;
    for (number, asked_us) in [(1, 10), (2, 20)] {
        let id = tx.put_question(&question(asked_us)).await.unwrap();
        tx.take_question_rows(id, 0, &batch(number, 3)).await.unwrap();
    }
    assert_eq!(tx.erase_liaison(20).await.unwrap(), 1);
    let left = tx.questions(9).await.unwrap();
    assert_eq!((left.len(), left[0].asked_us, left[0].counts.waiting), (1, 20, 3));
    for table in ["question_row", "question_batch"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(tx.conn()).await.unwrap();
        assert_eq!(count, if table == "question_row" { 3 } else { 1 });
    }
}
