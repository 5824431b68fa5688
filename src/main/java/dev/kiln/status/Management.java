package dev.kiln.status;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Delivery;
import dev.kiln.clay.Table;
import dev.kiln.clay.Webhook;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.Pausable;
import dev.kiln.ledger.Waiting;
import dev.kiln.ledger.WebhookUse;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Workspaces, tables, webhooks and budgets in JMX, beside Camel's own names: {@code
 * dev.kiln:context=kiln,type=workspace,name="main"}. Close it to take them away. Thread-safe.
 */
public final class Management implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Management.class);

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final String node;
  private final Facts.Source facts;
  private final Ledger ledger;
  private final Delivery delivery;
  private final String context;
  private final Set<ObjectName> names = new HashSet<>();

  /**
   * Registers everything of a catalogue.
   *
   * @param context the name under which Camel is managed; a number is added where it is taken
   * @param node the name of this node
   * @param catalogue what there is
   * @param facts the account
   * @param ledger where orders go
   * @param delivery knows the rate of now
   */
  public Management(
      String context,
      String node,
      Catalogue catalogue,
      Facts.Source facts,
      Ledger ledger,
      Delivery delivery)
      throws JMException {
    this.node = node;
    this.facts = facts;
    this.ledger = ledger;
    this.delivery = delivery;
    String name = context;
    for (int number = 2; !register(name, catalogue); number++) {
      name = context + "-" + number;
    }
    this.context = name;
  }

  /** Registers what is new in a catalogue, and takes away what is no longer there. */
  public synchronized void follow(Catalogue changed) throws JMException {
    Map<ObjectName, StandardMBean> beans = beans(context, changed);
    for (ObjectName name : Set.copyOf(names)) {
      if (!beans.containsKey(name)) {
        unregister(name);
      }
    }
    for (Map.Entry<ObjectName, StandardMBean> bean : beans.entrySet()) {
      if (!names.contains(bean.getKey())) {
        register(bean.getKey(), bean.getValue());
      }
    }
  }

  /** Registers all, or nothing where the context's name is taken. */
  private boolean register(String as, Catalogue catalogue) throws JMException {
    try {
      for (Map.Entry<ObjectName, StandardMBean> bean : beans(as, catalogue).entrySet()) {
        register(bean.getKey(), bean.getValue());
      }
      return true;
    } catch (InstanceAlreadyExistsException taken) {
      close();
      return false;
    }
  }

  private Map<ObjectName, StandardMBean> beans(String as, Catalogue catalogue) throws JMException {
    Map<ObjectName, StandardMBean> beans = new LinkedHashMap<>();
    for (String workspace : catalogue.workspaces().keySet()) {
      beans.put(
          name(as, "workspace", workspace),
          new StandardMBean(
              new ManagedWorkspace(workspace, node, ledger, facts, delivery),
              WorkspaceMXBean.class,
              true));
    }
    for (Table table : catalogue.tables().values()) {
      beans.put(
          name(as, "table", table.name()),
          new StandardMBean(
              new ManagedTable(table.name(), ledger, facts), TableMXBean.class, true));
      for (Webhook webhook : table.webhooks()) {
        beans.put(
            name(as, "webhook", webhook.name()),
            new StandardMBean(
                new ManagedWebhook(webhook.name(), facts), WebhookMXBean.class, true));
      }
    }
    for (String unit : List.of("credits", "actions")) {
      for (String period : List.of("day", "month")) {
        beans.put(
            name(as, "budget", unit + "-" + period),
            new StandardMBean(new ManagedBudget(unit, period, facts), BudgetMXBean.class, true));
      }
    }
    return beans;
  }

  private static ObjectName name(String context, String type, String name) throws JMException {
    return new ObjectName(
        "dev.kiln:context=%s,type=%s,name=%s".formatted(context, type, ObjectName.quote(name)));
  }

  private void register(ObjectName name, StandardMBean bean) throws JMException {
    server.registerMBean(bean, name);
    names.add(name);
  }

  private void unregister(ObjectName name) {
    try {
      server.unregisterMBean(name);
    } catch (JMException gone) {
      LOG.debug("{} was not registered any more", name);
    }
    names.remove(name);
  }

  @Override
  public synchronized void close() {
    Set.copyOf(names).forEach(this::unregister);
  }

  /** What a workspace and a table have in common. */
  private abstract static class Managed implements PausableMXBean {
    final Pausable kind;
    final String name;
    final Ledger ledger;

    Managed(Pausable kind, String name, Ledger ledger) {
      this.kind = kind;
      this.name = name;
      this.ledger = ledger;
    }

    @Override
    public final boolean isPaused() {
      return ledger.orders().paused(kind, name);
    }

    @Override
    public final void pause() {
      ledger.pause(kind, name, true);
    }

    @Override
    public final void resume() {
      ledger.pause(kind, name, false);
    }
  }

  private static final class ManagedWorkspace extends Managed implements WorkspaceMXBean {
    private final String node;
    private final Facts.Source facts;
    private final Delivery delivery;

    ManagedWorkspace(
        String name, String node, Ledger ledger, Facts.Source facts, Delivery delivery) {
      super(Pausable.WORKSPACE, name, ledger);
      this.node = node;
      this.facts = facts;
      this.delivery = delivery;
    }

    @Override
    public double getRateSet() {
      return ledger.orders().rates().getOrDefault(name, 0.0);
    }

    @Override
    public void setRateSet(double perSecond) {
      ledger.rate(name, perSecond == 0 ? null : BigDecimal.valueOf(perSecond));
    }

    @Override
    public double getRateNow() {
      return isLedHere() ? delivery.throttle(name).rate() : 0;
    }

    @Override
    public String getLeader() {
      return facts.now().cluster().leader(name);
    }

    @Override
    public boolean isLedHere() {
      return getLeader().equals(node);
    }

    @Override
    public String getLedSince() {
      Instant since = facts.now().cluster().ledSince(name);
      return since == null ? "" : since.toString();
    }
  }

  private static final class ManagedTable extends Managed implements TableMXBean {
    private final Facts.Source facts;

    ManagedTable(String name, Ledger ledger, Facts.Source facts) {
      super(Pausable.TABLE, name, ledger);
      this.facts = facts;
    }

    private Optional<TableAccount> account() {
      return facts.now().snapshot().tables().stream()
          .filter(table -> table.name().equals(name))
          .findFirst();
    }

    private long leads(LeadState state) {
      return account().map(table -> table.states().getOrDefault(state, 0L)).orElse(0L);
    }

    @Override
    public long getQueued() {
      return leads(LeadState.QUEUED);
    }

    @Override
    public long getAccepted() {
      return account().map(TableAccount::gotThrough).orElse(0L);
    }

    @Override
    public String getWaiting() {
      return account().map(TableAccount::waiting).map(Waiting::reason).orElse("");
    }
  }

  private record ManagedWebhook(String name, Facts.Source facts) implements WebhookMXBean {
    private Optional<WebhookUse> use() {
      return facts.now().snapshot().webhooks().stream()
          .filter(webhook -> webhook.name().equals(name))
          .findFirst();
    }

    @Override
    public String getTable() {
      return use().map(WebhookUse::table).orElse("");
    }

    @Override
    public long getUsed() {
      return use().map(WebhookUse::used).orElse(0L);
    }

    @Override
    public long getCap() {
      return use().map(WebhookUse::cap).orElse(0L);
    }

    @Override
    public long getLeft() {
      return getCap() == 0 ? -1 : use().map(WebhookUse::left).orElse(0L);
    }

    @Override
    public String getState() {
      return use().map(StatusText::state).orElse("");
    }

    @Override
    public String getReason() {
      return use().map(WebhookUse::reason).orElse("");
    }
  }

  private record ManagedBudget(String unit, String period, Facts.Source facts)
      implements BudgetMXBean {
    private BudgetUse use() {
      return facts.now().budgets().stream()
          .filter(budget -> budget.unit().equals(unit) && budget.period().equals(period))
          .findFirst()
          .orElseThrow();
    }

    @Override
    public double getSpent() {
      return use().spent().doubleValue();
    }

    @Override
    public double getCap() {
      return use().cap().doubleValue();
    }

    @Override
    public double getLeft() {
      return use().capped() ? use().left().doubleValue() : -1;
    }

    @Override
    public String getEnds() {
      return use().ends().toString();
    }
  }
}
