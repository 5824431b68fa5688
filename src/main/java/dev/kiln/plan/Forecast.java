package dev.kiln.plan;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.RowSizes;
import dev.kiln.clay.Table;
import dev.kiln.clay.Webhook;
import dev.kiln.clay.Workspace;
import dev.kiln.ledger.DryRun;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.plan.Plan.WorkspacePlan;
import dev.kiln.plan.Preview.FilePreview;
import dev.kiln.plan.Preview.TablePreview;
import dev.kiln.plan.Preview.WebhookPreview;
import dev.kiln.plan.Preview.WorkspacePreview;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the ledger and the catalogue of now make of the rows of a dry run: room, time and cost.
 * Leads of the same or a higher priority that are queued already go first. For one preview; not
 * thread-safe.
 */
public final class Forecast {
  private final Catalogue catalogue;
  private final Snapshot ledger;
  private final Filling filling;
  private final Question asked = Question.of(1);

  /** Queued leads that go first, and rows that the webhooks take of them and of these files. */
  private final Map<String, Long> queued = new HashMap<>();

  private final Map<String, Map<String, Long>> ahead = new HashMap<>();
  private final Map<String, Map<String, Long>> taken = new HashMap<>();
  private final Map<String, Long> usedNow = new HashMap<>();

  /**
   * A forecast for a queue as it is.
   *
   * @param catalogue workspaces, tables, webhooks, budgets
   * @param ledger the account of now; may be empty
   * @param priority of the leads to come
   */
  public Forecast(Catalogue catalogue, Snapshot ledger, Priority priority) {
    this.catalogue = catalogue;
    this.ledger = ledger;
    this.filling = new Filling(catalogue, ledger);
    ledger.runs().stream()
        .filter(run -> run.priority().rank() <= priority.rank())
        .forEach(
            run ->
                run.tables()
                    .forEach(
                        (table, states) ->
                            queued.merge(
                                table, states.getOrDefault(LeadState.QUEUED, 0L), Long::sum)));
    for (Table table : catalogue.tables().values()) {
      table.webhooks().forEach(webhook -> usedNow.put(webhook.name(), filling.used(webhook)));
      ahead.put(table.name(), filling.take(table, queued.getOrDefault(table.name(), 0L)));
    }
  }

  /** The webhook that the next lead of a table would go through; empty where there is none. */
  public String webhook(Table table) {
    Map<String, Long> next = new Filling(catalogue, ledger).take(table, 1);
    return next.entrySet().stream()
        .filter(entry -> entry.getValue() > 0)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse("");
  }

  /**
   * The preview; to be asked once.
   *
   * @param files the files
   * @param rows what intake makes of their rows
   * @param sizes the rows that pass intake, by table
   */
  public Preview of(List<FilePreview> files, DryRun rows, Map<String, RowSizes> sizes) {
    List<TablePreview> tables = new ArrayList<>();
    for (Table table : catalogue.tables().values()) {
      Map<LeadState, Long> states = rows.tables().get(table.name());
      if (states != null) {
        RowSizes its = sizes.getOrDefault(table.name(), new RowSizes(table, ""));
        long sent = states.getOrDefault(LeadState.QUEUED, 0L);
        Map<String, Long> some = filling.take(table, sent);
        taken.put(table.name(), some);
        tables.add(
            new TablePreview(
                table.name(),
                states,
                its,
                sent - Filling.sum(some),
                times(table.creditsPerLead(), sent),
                times(table.actionsPerLead(), sent)));
      }
    }
    List<WorkspacePreview> workspaces = workspaces();
    return new Preview(
        List.copyOf(files),
        tables,
        rows.findings(),
        webhooks(tables),
        workspaces,
        rows.covers(),
        rows.held(),
        notes(tables, workspaces));
  }

  private List<WebhookPreview> webhooks(List<TablePreview> tables) {
    List<WebhookPreview> webhooks = new ArrayList<>();
    for (TablePreview preview : tables) {
      Table table = catalogue.table(preview.name()).orElseThrow();
      for (Webhook webhook : table.webhooks()) {
        webhooks.add(
            new WebhookPreview(
                webhook.name(),
                table.name(),
                table.autoDelete() ? 0 : webhook.cap(),
                usedNow.getOrDefault(webhook.name(), 0L),
                rows(ahead, table).getOrDefault(webhook.name(), 0L),
                rows(taken, table).getOrDefault(webhook.name(), 0L)));
      }
    }
    return webhooks;
  }

  private static Map<String, Long> rows(Map<String, Map<String, Long>> byTable, Table table) {
    return byTable.getOrDefault(table.name(), Map.of());
  }

  private List<WorkspacePreview> workspaces() {
    List<WorkspacePreview> workspaces = new ArrayList<>();
    for (Workspace written : catalogue.workspaces().values()) {
      List<TablePlan> plans = new ArrayList<>();
      long first = 0;
      long leads = 0;
      for (Table table : catalogue.tables().values()) {
        if (table.workspace().equals(written.name())) {
          long its = Filling.sum(rows(taken, table));
          long before = Filling.sum(rows(ahead, table));
          leads += its;
          first += before;
          if (its + before > 0) {
            plans.add(Planner.table(table, its + before, asked, 0));
          }
        }
      }
      if (leads > 0) {
        WorkspacePlan plan = Planner.workspace(atPresentRate(written), plans);
        workspaces.add(
            new WorkspacePreview(written.name(), plan.ratePerSecond(), first, leads, plan.hours()));
      }
    }
    return workspaces;
  }

  private Workspace atPresentRate(Workspace written) {
    return ledger.workspaces().stream()
        .filter(workspace -> workspace.name().equals(written.name()) && workspace.rate() > 0)
        .findFirst()
        .map(workspace -> written.at(workspace.rate()))
        .orElse(written);
  }

  private static BigDecimal times(BigDecimal amount, long leads) {
    return amount.multiply(BigDecimal.valueOf(leads));
  }

  // ---- Notes ----

  private List<String> notes(List<TablePreview> tables, List<WorkspacePreview> workspaces) {
    List<String> notes = new ArrayList<>();
    Map<String, TableAccount> accounts = new LinkedHashMap<>();
    ledger.tables().forEach(account -> accounts.put(account.name(), account));
    for (TablePreview table : tables) {
      Table written = catalogue.table(table.name()).orElseThrow();
      if (table.waits() > 0) {
        notes.add(
            written.webhooks().isEmpty()
                ? "Table "
                    + table.name()
                    + " has no webhook: its leads wait until clay.yaml names one."
                : "The webhooks of table "
                    + table.name()
                    + " have no room for "
                    + Numbers.of(table.waits())
                    + " leads, which wait: duplicate the Clay table and add the copy's webhook, with a name of its own, to"
                    + " clay.yaml.");
      }
      TableAccount account = accounts.get(table.name());
      if (account != null && account.waiting() != null && account.waiting().kind().parks()) {
        notes.add("Table " + table.name() + " waits now: " + account.waiting().reason() + ".");
      }
      written.webhooks().stream()
          .filter(
              webhook ->
                  filling
                      .use(webhook)
                      .filter(use -> use.state() == WebhookUse.State.REFUSING)
                      .isPresent())
          .forEach(
              webhook ->
                  notes.add(
                      "Clay refuses webhook "
                          + webhook.name()
                          + " now; it is counted as if it took rows again."));
      if (table.rows().tooLarge() > 0) {
        notes.add(
            "Table %s: %s rows are over %s bytes and are refused: name fields to cut in its trim-fields."
                .formatted(
                    table.name(),
                    Numbers.of(table.rows().tooLarge()),
                    Numbers.of(RowSizes.MOST_BYTES)));
      }
    }
    for (WorkspacePreview workspace : workspaces) {
      ledger.workspaces().stream()
          .filter(account -> account.name().equals(workspace.name()))
          .filter(WorkspaceAccount::paused)
          .forEach(
              account ->
                  notes.add(
                      "Workspace "
                          + account.name()
                          + " is paused: \"kiln resume workspace "
                          + account.name()
                          + "\"."));
    }
    return notes;
  }
}
