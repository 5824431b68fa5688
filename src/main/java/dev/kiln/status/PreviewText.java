package dev.kiln.status;

import dev.kiln.clay.RowSizes;
import dev.kiln.lead.Shown;
import dev.kiln.ledger.BudgetWarning;
import dev.kiln.ledger.DryRun;
import dev.kiln.ledger.LeadState;
import dev.kiln.plan.Numbers;
import dev.kiln.plan.Preview;
import dev.kiln.plan.Preview.FilePreview;
import dev.kiln.plan.Preview.TablePreview;
import dev.kiln.plan.Preview.WebhookPreview;
import dev.kiln.plan.Preview.WorkspacePreview;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;

/** A preview for people. */
public final class PreviewText {
  private static final double MILLIS_PER_HOUR = 3_600_000;

  private PreviewText() {}

  /**
   * Files, tables, what is not sent and why, sizes, webhooks, time and budget, each as a table,
   * then notes and one row of each table as it would travel.
   *
   * @param preview the preview
   */
  public static String of(Preview preview) {
    StringBuilder text = new StringBuilder("Nothing is sent and nothing is changed.\n\nFiles\n");
    text.append(files(preview));
    if (preview.tables().isEmpty()) {
      return text.toString();
    }
    text.append("\nTables (rows)\n")
        .append(tables(preview))
        .append(RunReport.text(preview.findings()))
        .append("\nSizes of the rows that pass intake (bytes)\n")
        .append(sizes(preview))
        .append("\nWebhooks (rows)\n")
        .append(webhooks(preview))
        .append("\nTime at the present rate\n")
        .append(workspaces(preview));
    if (!preview.covers().isEmpty()) {
      text.append("\nBudgets\n").append(covers(preview));
    }
    if (!preview.held().isEmpty()) {
      text.append("\nHeld by a budget, and sent by themselves as soon as it has room\n")
          .append(held(preview));
    }
    if (!preview.notes().isEmpty()) {
      text.append("\nNotes\n");
      preview.notes().forEach(note -> text.append("  ").append(note).append('\n'));
    }
    text.append(
        "\nThe first row of each table, as it travels (the run gets its id when it is sent)\n");
    for (TablePreview table : preview.tables()) {
      if (!table.rows().first().isEmpty()) {
        text.append("  ").append(table.name()).append('\n');
        text.append("  ").append(table.rows().first()).append('\n');
      }
    }
    return text.toString();
  }

  private static String files(Preview preview) {
    TextTable table = new TextTable("file", "read", "skipped");
    StringBuilder notes = new StringBuilder();
    for (FilePreview file : preview.files()) {
      table.row(file.name(), file.read(), file.skipped());
      if (!file.note().isEmpty()) {
        notes
            .append("  ")
            .append(Shown.of(file.name()))
            .append(": ")
            .append(Shown.said(file.note()))
            .append('\n');
      }
      if (file.refused() != null) {
        notes.append("  refused: ").append(Shown.said(file.refused())).append('\n');
      }
    }
    return table.toString() + notes;
  }

  private static TextTable tables(Preview preview) {
    TextTable text =
        new TextTable(
            "table",
            "sent",
            "held",
            "cancelled",
            "refused",
            "duplicates",
            "rejected",
            "Data Credits",
            "Actions");
    for (TablePreview table : preview.tables()) {
      text.row(
          table.name(),
          table.sent(),
          table.count(LeadState.HELD),
          table.count(LeadState.CANCELLED),
          table.count(LeadState.REFUSED),
          table.count(LeadState.DUPLICATE),
          table.count(LeadState.REJECTED),
          Numbers.of(table.credits()),
          Numbers.of(table.actions()));
    }
    if (preview.tables().size() > 1) {
      text.row(
          "total",
          count(preview, LeadState.QUEUED),
          count(preview, LeadState.HELD),
          count(preview, LeadState.CANCELLED),
          count(preview, LeadState.REFUSED),
          count(preview, LeadState.DUPLICATE),
          count(preview, LeadState.REJECTED),
          Numbers.of(
              preview.tables().stream()
                  .map(TablePreview::credits)
                  .reduce(BigDecimal.ZERO, BigDecimal::add)),
          Numbers.of(
              preview.tables().stream()
                  .map(TablePreview::actions)
                  .reduce(BigDecimal.ZERO, BigDecimal::add)));
    }
    return text;
  }

  private static long count(Preview preview, LeadState state) {
    return preview.tables().stream().mapToLong(table -> table.count(state)).sum();
  }

  private static TextTable sizes(Preview preview) {
    TextTable text =
        new TextTable(
            "table",
            "average",
            "largest",
            "cut to " + Numbers.of(RowSizes.TARGET_BYTES),
            "refused over " + Numbers.of(RowSizes.MOST_BYTES));
    for (TablePreview table : preview.tables()) {
      text.row(
          table.name(),
          table.rows().averageBytes(),
          table.rows().largestBytes(),
          table.rows().cut(),
          table.rows().tooLarge());
    }
    return text;
  }

  private static TextTable webhooks(Preview preview) {
    TextTable text =
        new TextTable("webhook", "table", "used", "queued before", "these", "used then", "cap");
    for (WebhookPreview webhook : preview.webhooks()) {
      text.row(
          webhook.name(),
          webhook.table(),
          webhook.used(),
          webhook.ahead(),
          webhook.leads(),
          webhook.then(),
          webhook.cap() == 0 ? "none" : Numbers.of(webhook.cap()));
    }
    return text;
  }

  private static TextTable workspaces(Preview preview) {
    TextTable text = new TextTable("workspace", "rate", "queued before", "these", "time");
    for (WorkspacePreview workspace : preview.workspaces()) {
      text.row(
          workspace.name(),
          Numbers.rate(workspace.ratePerSecond()),
          workspace.ahead(),
          workspace.leads(),
          StatusText.time(Duration.ofMillis(Math.round(workspace.hours() * MILLIS_PER_HOUR))));
    }
    return text;
  }

  private static TextTable covers(Preview preview) {
    TextTable text =
        new TextTable("budget", "amount", "cap", "spent", "queued before", "these", "turns at");
    for (DryRun.Cover cover : preview.covers()) {
      for (BudgetWarning.Kind kind : BudgetWarning.Kind.values()) {
        if (kind.of(cover.cap()) > 0) {
          text.row(
              cover.account(),
              kind.words(),
              amount(kind.of(cover.cap())),
              amount(kind.of(cover.spent())),
              amount(kind.of(cover.before())),
              amount(kind.of(cover.these())),
              String.valueOf(cover.ends()));
        }
      }
    }
    return text;
  }

  private static String amount(long thousandths) {
    return Numbers.of(BigDecimal.valueOf(thousandths, 3));
  }

  private static String held(Preview preview) {
    TextTable text = new TextTable("file", "table", "rows", "from line", "until");
    Set<String> reasons = new LinkedHashSet<>();
    for (DryRun.Held held : preview.held()) {
      text.row(
          held.file(),
          held.table(),
          held.leads(),
          held.line(),
          held.until() == null ? "a cap is raised" : held.until());
      reasons.add(held.reason());
    }
    StringBuilder why = new StringBuilder();
    reasons.forEach(reason -> why.append("  ").append(reason).append('\n'));
    return text.toString() + why;
  }
}
