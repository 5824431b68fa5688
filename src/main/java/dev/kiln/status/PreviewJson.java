package dev.kiln.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.ledger.BudgetWarning;
import dev.kiln.ledger.DryRun;
import dev.kiln.plan.Numbers;
import dev.kiln.plan.Preview;
import dev.kiln.plan.Preview.FilePreview;
import dev.kiln.plan.Preview.TablePreview;
import dev.kiln.plan.Preview.WebhookPreview;
import dev.kiln.plan.Preview.WorkspacePreview;
import java.util.Locale;

/** A preview for programs. Units are in the keys; null stands for no limit and for nothing. */
public final class PreviewJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private PreviewJson() {}

  /**
   * One JSON object in one text of several lines.
   *
   * @param preview the preview
   */
  public static String of(Preview preview) {
    ObjectNode json = JSON.createObjectNode();
    ArrayNode files = json.putArray("files");
    for (FilePreview file : preview.files()) {
      files
          .addObject()
          .put("file", file.name())
          .put("read", file.read())
          .put("skipped", file.skipped())
          .put("note", file.note())
          .put("refused", file.refused());
    }
    ArrayNode tables = json.putArray("tables");
    for (TablePreview table : preview.tables()) {
      ObjectNode node = tables.addObject().put("table", table.name()).put("sent", table.sent());
      StatusJson.states(node.putObject("states"), table.states());
      node.put("waits_for_room", table.waits())
          .put("data_credits", PlanJson.plain(table.credits()))
          .put("actions", PlanJson.plain(table.actions()))
          .put("average_bytes", table.rows().averageBytes())
          .put("largest_bytes", table.rows().largestBytes())
          .put("cut", table.rows().cut())
          .put("too_large", table.rows().tooLarge())
          .put("first_body", table.rows().first().isEmpty() ? null : table.rows().first());
    }
    RunReport.into(json, preview.findings());
    ArrayNode webhooks = json.putArray("webhooks");
    for (WebhookPreview webhook : preview.webhooks()) {
      webhooks
          .addObject()
          .put("name", webhook.name())
          .put("table", webhook.table())
          .put("used", webhook.used())
          .put("queued_before", webhook.ahead())
          .put("these", webhook.leads())
          .put("used_then", webhook.then())
          .put("cap", webhook.cap() == 0 ? null : Long.valueOf(webhook.cap()));
    }
    ArrayNode workspaces = json.putArray("workspaces");
    for (WorkspacePreview workspace : preview.workspaces()) {
      workspaces
          .addObject()
          .put("workspace", workspace.name())
          .put("leads_per_second", workspace.ratePerSecond())
          .put("queued_before", workspace.ahead())
          .put("these", workspace.leads())
          .put("hours", workspace.hours());
    }
    ArrayNode budgets = json.putArray("budgets");
    for (DryRun.Cover cover : preview.covers()) {
      ObjectNode node = budgets.addObject().put("budget", cover.account());
      for (BudgetWarning.Kind kind : BudgetWarning.Kind.values()) {
        long cap = kind.of(cover.cap());
        node.putObject(kind.name().toLowerCase(Locale.ROOT))
            .put("cap", cap == 0 ? null : Numbers.ofThousandths(cap))
            .put("spent", Numbers.ofThousandths(kind.of(cover.spent())))
            .put("queued_before", Numbers.ofThousandths(kind.of(cover.before())))
            .put("these", Numbers.ofThousandths(kind.of(cover.these())));
      }
      node.put("ends", cover.ends() == null ? null : cover.ends().toString());
    }
    ArrayNode held = json.putArray("held");
    for (DryRun.Held some : preview.held()) {
      held.addObject()
          .put("file", some.file())
          .put("table", some.table())
          .put("by", some.by().name())
          .put("leads", some.leads())
          .put("from_line", some.line())
          .put("reason", some.reason())
          .put("until", some.until() == null ? null : some.until().toString());
    }
    ArrayNode notes = json.putArray("notes");
    preview.notes().forEach(notes::add);
    return json.toPrettyString();
  }
}
