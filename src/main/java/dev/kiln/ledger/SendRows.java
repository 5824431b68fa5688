package dev.kiln.ledger;

import dev.kiln.ledger.Settlement.WebhookNews;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.EmptyHandling;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/** The SQL of delivery: what is due, begin, settle and recovery. */
final class SendRows {
  /** Leads recovered in one transaction. */
  static final int RECOVERED_AT_ONCE = 500;

  /** Queued, due, and not begun since it was offered. */
  private static final String IS_DUE =
      "id = ? AND state = 'QUEUED' AND due_at <= ? AND table_name = ? AND sends = ?";

  private static final String BEGIN =
      "UPDATE lead SET state = 'SENDING', reason = '', sends = sends + 1, webhook = ?, epoch = ?, changed_at = ?"
          + " WHERE "
          + IS_DUE;

  private static final String ACCEPT =
      "UPDATE lead SET state = 'ACCEPTED', back_as = '', reason = '', changed_at = ?"
          + " WHERE id = ? AND sends = ? AND state = 'SENDING'";

  private SendRows() {}

  private static @Nullable LeadRow lead(Handle handle, long id) {
    return handle
        .createQuery(LeadRow.SELECT + "id = :id")
        .bind("id", id)
        .map((row, context) -> LeadRow.of(row))
        .findOne()
        .orElse(null);
  }

  /** What is due, in the order of the index {@code lead_due}: a table's leads and no others. */
  static String due(String more) {
    return "SELECT id, run, record, source, table_name, priority, payload, possible_duplicate,"
        + " sends, attempts FROM lead"
        + " WHERE table_name = :table AND state = 'QUEUED' AND due_at <= :now"
        + more
        + " ORDER BY priority, id LIMIT :most";
  }

  static List<Due> due(
      Handle handle,
      String table,
      int most,
      Collection<Long> except,
      @Nullable Set<String> runs,
      long now) {
    // The leads on offer are few and bounded: they are passed by here, before anything of them is
    // read.
    Query query =
        handle
            .createQuery(due(runs == null ? "" : " AND run IN (<runs>)"))
            .bind("table", table)
            .bind("now", now)
            .bind("most", most + except.size());
    if (runs != null) {
      query.bindList(EmptyHandling.NULL_KEYWORD, "runs", List.copyOf(runs));
    }
    return query.scanResultSet(
        (rows, context) -> {
          try (context) {
            List<Due> due = new ArrayList<>();
            ResultSet row = rows.get();
            while (due.size() < most && row.next()) {
              if (!except.contains(row.getLong(1))) {
                due.add(read(row));
              }
            }
            return due;
          }
        });
  }

  /** By position: it is read for each lead that goes on offer. */
  private static Due read(ResultSet row) throws SQLException {
    return new Due(
        row.getLong(1),
        row.getString(2),
        row.getLong(3),
        row.getString(4),
        row.getString(5),
        Priority.at(row.getInt(6)),
        row.getString(7),
        row.getInt(8) == 1,
        row.getInt(9),
        row.getInt(10));
  }

  /**
   * The oldest queued lead. By the whole rest of the index {@code lead_due}: in the order of the
   * ids alone PostgreSQL may go by the primary key instead, through all that were settled before.
   */
  static final String OLDEST_QUEUED =
      "SELECT created_at FROM lead WHERE table_name = :table AND priority = :priority"
          + " AND state = 'QUEUED' ORDER BY id, due_at LIMIT 1";

  /** When the oldest queued lead of a table came in: looked up by priority, whatever is queued. */
  static @Nullable Instant oldestQueued(Handle handle, String table) {
    Instant oldest = null;
    for (Priority priority : Priority.values()) {
      Optional<Long> at =
          handle
              .createQuery(OLDEST_QUEUED)
              .bind("table", table)
              .bind("priority", priority.rank())
              .mapTo(Long.class)
              .findOne();
      if (at.isPresent() && (oldest == null || at.get() < oldest.toEpochMilli())) {
        oldest = Instant.ofEpochMilli(at.get());
      }
    }
    return oldest;
  }

  /** Some of the queued leads of a table that are due behind a time. */
  static List<Long> dueBehind(Handle handle, String table, long latest) {
    return handle
        .createQuery(
            "SELECT id FROM lead WHERE table_name = :table AND state = 'QUEUED' AND due_at > :latest"
                + " LIMIT :most")
        .bind("table", table)
        .bind("latest", latest)
        .bind("most", RECOVERED_AT_ONCE)
        .mapTo(Long.class)
        .list();
  }

  /** Makes those of some queued leads due now that are due behind a time. */
  static void dueNow(Handle handle, List<Long> ids, long latest, long now) {
    handle
        .createUpdate(
            "UPDATE lead SET due_at = :now WHERE id IN (<ids>) AND state = 'QUEUED' AND due_at > :latest")
        .bindList("ids", ids)
        .bind("latest", latest)
        .bind("now", now)
        .execute();
  }

  static Sending begin(
      Transaction transaction,
      Due lead,
      Lease lease,
      Rotation rotation,
      Budget budget,
      Instant now) {
    WorkspaceRows.mustLead(transaction, lease, lead.table(), now);
    Budget.Charge charge = transaction.charge(budget, lead.run(), lead.table());
    WebhookUse webhook;
    try {
      webhook = rotation.choose(transaction.webhooks(lead.table()), now);
      mustAfford(transaction, charge);
    } catch (NotSent notSent) {
      mustBeDue(transaction, lead, now);
      throw notSent;
    }
    // The last check of all is part of the first write.
    boolean begun =
        transaction
            .statements()
            .change(
                BEGIN,
                webhook.id(),
                lease.epoch(),
                now.toEpochMilli(),
                lead.id(),
                now.toEpochMilli(),
                lead.table(),
                lead.sends());
    if (!begun) {
      throw notDue();
    }
    int number = lead.sends() + 1;
    transaction
        .statements()
        .putOff(
            "INSERT INTO attempt (lead, number, webhook, epoch, begun_at, credits, actions, periods)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            lead.id(),
            number,
            webhook.id(),
            lease.epoch(),
            now.toEpochMilli(),
            charge.cost().credits(),
            charge.cost().actions(),
            charge.periods());
    WebhookRows.use(transaction, webhook.id(), webhook.clayTable(), 1, now);
    if (webhook.state() == WebhookUse.State.REFUSING) {
      WebhookRows.probe(transaction.handle(), webhook.id(), now.toEpochMilli());
    }
    List<BudgetWarning> warnings = new ArrayList<>();
    if (!charge.cost().equals(Amount.NOTHING)) {
      for (Account account : charge.accounts()) {
        if (account.capped()) {
          Amount before = transaction.spent(account.name());
          Amount after = before.plus(charge.cost());
          warnings.addAll(BudgetRows.warn(transaction, account, before, after, now));
        }
        transaction.spend(account, charge.cost());
      }
    }
    transaction.move(lead.run(), lead.table(), LeadState.QUEUED, LeadState.SENDING);
    return new Sending(lead, number, webhook, lease, now, warnings);
  }

  private static void mustBeDue(Transaction transaction, Due lead, Instant now) {
    Boolean due =
        transaction
            .statements()
            .find(
                "SELECT 1 FROM lead WHERE " + IS_DUE,
                row -> true,
                lead.id(),
                now.toEpochMilli(),
                lead.table(),
                lead.sends());
    if (due == null) {
      throw notDue();
    }
  }

  private static NotSent notDue() {
    return new NotSent(WaitReason.NOT_DUE, "The lead is not due.", null);
  }

  private static void mustAfford(Transaction transaction, Budget.Charge charge) {
    Amount cost = charge.cost();
    Account full =
        Account.last(
            charge.accounts().stream()
                .filter(Account::capped)
                .filter(
                    account ->
                        account
                            .cap()
                            .minus(transaction.spent(account.name()))
                            .lacks(cost, account.cap())),
            cost);
    if (full != null) {
      throw new NotSent(WaitReason.BUDGET, full.reason(cost), full.opens(cost));
    }
  }

  static boolean settle(Transaction transaction, Sending sending, Settlement settlement, long now) {
    if (accept(transaction, sending, settlement, now)) {
      return true;
    }
    Handle handle = transaction.handle();
    LeadRow row = lead(handle, sending.lead().id());
    boolean last = row != null && row.sends() == sending.number();
    if (row != null && last && row.state() == LeadState.SENDING) {
      close(transaction, row, sending.webhook().clayTable(), settlement, now);
    } else {
      note(handle, sending.lead().id(), sending.number(), "late: ", settlement, now);
      // Of several sendings it is an earlier one that came back.
      if (row != null
          && last
          && row.state() == LeadState.ENRICHED
          && row.doubted()
          && !settlement.stored()) {
        giveBack(transaction, row, sending.webhook().clayTable());
      }
      if (row != null
          && last
          && settlement.state() == LeadState.ACCEPTED
          && (row.state() == LeadState.UNKNOWN
              || row.state() == LeadState.QUEUED
              || row.state() == LeadState.HELD)) {
        transaction.move(row, LeadState.ACCEPTED);
        update(
            handle, row, LeadState.ACCEPTED, row.dueAt(), "", row.attempts(), row.doubted(), now);
        RunRows.accepted(handle, row, now);
      } else {
        // A lead that came back was accepted: the two agree.
        last =
            row != null
                && last
                && settlement.state() == LeadState.ACCEPTED
                && row.state() == LeadState.ENRICHED;
      }
    }
    webhookNews(handle, sending, settlement, now);
    if (settlement.pauseUntil() != null) {
      WorkspaceRows.pause(handle, sending.lease().workspace(), settlement.pauseUntil());
    }
    return last;
  }

  /** Settles what most sendings come to, if it is that: Clay has the row, and all is as begun. */
  private static boolean accept(
      Transaction transaction, Sending sending, Settlement settlement, long now) {
    Due lead = sending.lead();
    if (!settlement.plain() || sending.webhook().state() != WebhookUse.State.OPEN) {
      return false;
    }
    if (!transaction.statements().change(ACCEPT, now, lead.id(), sending.number())) {
      return false;
    }
    transaction.move(lead.run(), lead.table(), LeadState.SENDING, LeadState.ACCEPTED);
    transaction
        .statements()
        .putOff(
            "UPDATE attempt SET settled_at = ?, outcome = ?, status = ?, millis = ?, bytes = ?, note = ''"
                + " WHERE lead = ? AND number = ?",
            now,
            LeadState.ACCEPTED.name(),
            settlement.status(),
            settlement.millis(),
            settlement.bytes(),
            lead.id(),
            sending.number());
    return true;
  }

  private static void webhookNews(Handle handle, Sending sending, Settlement settlement, long now) {
    String id = sending.webhook().id();
    switch (settlement.webhook()) {
      case NONE -> {}
      case WORKS -> {
        if (sending.webhook().state() == WebhookUse.State.REFUSING) {
          WebhookRows.works(handle, id);
        }
      }
      case REFUSES ->
          WebhookRows.refuses(
              handle, id, settlement.reason(), sending.begunAt().toEpochMilli(), now);
      case EXHAUSTED -> WebhookRows.exhausted(handle, id, settlement.reason());
    }
  }

  /** Settles the leads of an earlier epoch, but for some, as UNKNOWN. */
  static int recover(
      Transaction transaction,
      long epoch,
      Collection<Long> but,
      String table,
      Instant begunBy,
      @Nullable Instant resendAt,
      int attempts,
      long now) {
    List<LeadRow> rows =
        transaction
            .handle()
            .createQuery(
                LeadRow.SELECT
                    + "state = 'SENDING' AND table_name = :table AND epoch < :epoch"
                    + " AND changed_at <= :by AND id NOT IN (<but>) LIMIT :most")
            .bind("by", begunBy.toEpochMilli())
            .bind("table", table)
            .bind("epoch", epoch)
            .bindList("but", but.isEmpty() ? List.of(0L) : List.copyOf(but))
            .bind("most", RECOVERED_AT_ONCE)
            .map((row, context) -> LeadRow.of(row))
            .list();
    for (LeadRow row : rows) {
      close(
          transaction,
          row,
          "",
          new Settlement(
              LeadState.UNKNOWN,
              row.attempts() + 1 < attempts ? resendAt : null,
              "Kiln ended while it was being sent: it may or may not have arrived",
              true,
              true,
              WebhookNews.NONE,
              null,
              0,
              0,
              0),
          now);
    }
    return rows.size();
  }

  private static void close(
      Transaction transaction, LeadRow row, String clayTable, Settlement settlement, long now) {
    Handle handle = transaction.handle();
    transaction.move(row.run(), row.table(), row.state(), settlement.state());
    LeadState state = settlement.state();
    boolean doubted = row.doubted();
    if (state == LeadState.UNKNOWN && settlement.due() != null) {
      transaction.move(row.run(), row.table(), LeadState.UNKNOWN, LeadState.QUEUED);
      state = LeadState.QUEUED;
      doubted = true;
    }
    String reason = settlement.reason();
    if (state == LeadState.QUEUED && row.backAs() != LeadState.QUEUED) {
      state = row.backAs();
      transaction.move(row.run(), row.table(), LeadState.QUEUED, state);
      if (state == LeadState.HELD) {
        reason = Ledger.HELD_BY_OPERATOR;
        transaction.hold(Holder.OPERATOR, row.table(), row.run(), 1);
      } else {
        reason = Ledger.CANCELLED_BY_OPERATOR;
      }
    }
    if (doubted && !row.doubted()) {
      RunRows.doubt(handle, row.run(), 1);
    }
    update(
        handle,
        row,
        state,
        settlement.due() == null ? row.dueAt() : settlement.due().toEpochMilli(),
        reason,
        row.attempts() + (settlement.costsAttempt() ? 1 : 0),
        doubted,
        now);
    note(handle, row.id(), row.sends(), "", settlement, now);
    if (!settlement.stored()) {
      giveBack(transaction, row, clayTable);
    }
    RunRows.settleKey(handle, row, state, doubted, now);
  }

  private static void update(
      Handle handle,
      LeadRow row,
      LeadState state,
      long dueAt,
      String reason,
      int attempts,
      boolean doubted,
      long now) {
    handle
        .createUpdate(
            "UPDATE lead SET state = :state, held_by = :by, back_as = '', due_at = :due, reason = :reason,"
                + " attempts = :attempts, possible_duplicate = :doubted, changed_at = :now WHERE id = :id")
        .bind("state", state.name())
        .bind("by", state == LeadState.HELD ? Holder.OPERATOR.name() : "")
        .bind("due", dueAt)
        .bind("reason", reason)
        .bind("attempts", attempts)
        .bind("doubted", doubted ? 1 : 0)
        .bind("now", now)
        .bind("id", row.id())
        .execute();
  }

  /**
   * Writes the outcome of a sending into the attempt log. One that Clay surely did not store is in
   * no doubt, though its lead may be by another.
   */
  private static void note(
      Handle handle, long lead, int number, String prefix, Settlement settlement, long now) {
    handle
        .createUpdate(
            "UPDATE attempt SET settled_at = :now, outcome = :outcome, status = :status, millis = :millis,"
                + " bytes = :bytes, note = :note WHERE lead = :lead AND number = :number")
        .bind("now", now)
        .bind(
            "outcome",
            (settlement.state() == LeadState.UNKNOWN && !settlement.stored()
                    ? LeadState.DEAD
                    : settlement.state())
                .name())
        .bind("status", settlement.status())
        .bind("millis", settlement.millis())
        .bind("bytes", settlement.bytes())
        .bind("note", prefix + settlement.reason())
        .bind("lead", lead)
        .bind("number", number)
        .execute();
  }

  /** Gives back what the last sending of a lead had charged: Clay surely did not store the row. */
  private static void giveBack(Transaction transaction, LeadRow row, String clayTable) {
    transaction
        .handle()
        .createQuery(
            "SELECT webhook, begun_at, credits, actions, periods FROM attempt WHERE lead = :lead AND number = :number")
        .bind("lead", row.id())
        .bind("number", row.sends())
        .map(
            (attempt, context) -> {
              WebhookRows.use(
                  transaction,
                  attempt.getString("webhook"),
                  clayTable,
                  -1,
                  Instant.ofEpochMilli(attempt.getLong("begun_at")));
              Amount cost = new Amount(attempt.getLong("credits"), attempt.getLong("actions"));
              List<String> accounts = new ArrayList<>(List.of(Account.ofRun(row.run())));
              String periods = attempt.getString("periods");
              if (!periods.isEmpty()) {
                accounts.addAll(List.of(periods.split("\n", -1)));
              }
              for (String account : cost.equals(Amount.NOTHING) ? List.<String>of() : accounts) {
                transaction.spend(account, cost.times(-1));
                transaction.spend(Account.ofTable(account, row.table()), cost.times(-1));
              }
              return true;
            })
        .one();
  }
}
