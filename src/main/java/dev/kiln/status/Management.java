package dev.kiln.status;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Delivery;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.Pausable;
import dev.kiln.ledger.Waiting;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
 * Workspaces and tables in JMX, beside Camel's own names: {@code
 * dev.kiln:context=kiln,type=workspace,name="main"}. Close it to take them away.
 */
public final class Management implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Management.class);

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final Ledger ledger;
  private final Delivery delivery;
  private final String context;
  private final Set<ObjectName> names = new HashSet<>();

  /**
   * Registers every workspace and table of a catalogue.
   *
   * @param context the name under which Camel is managed; a number is added where it is taken
   * @param catalogue what there is
   * @param ledger where orders go
   * @param delivery knows the rate of now
   */
  public Management(String context, Catalogue catalogue, Ledger ledger, Delivery delivery)
      throws JMException {
    this.ledger = ledger;
    this.delivery = delivery;
    String name = context;
    for (int number = 2; !register(name, catalogue); number++) {
      name = context + "-" + number;
    }
    this.context = name;
  }

  /** Registers what is new in a catalogue, and takes away what is no longer there. */
  public void follow(Catalogue changed) throws JMException {
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
              new ManagedWorkspace(workspace, ledger, delivery), WorkspaceMXBean.class, true));
    }
    for (String table : catalogue.tables().keySet()) {
      beans.put(
          name(as, "table", table),
          new StandardMBean(new ManagedTable(table, ledger), TableMXBean.class, true));
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
  public void close() {
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
    private final Delivery delivery;

    ManagedWorkspace(String name, Ledger ledger, Delivery delivery) {
      super(Pausable.WORKSPACE, name, ledger);
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
      return delivery.throttle(name).rate();
    }
  }

  private static final class ManagedTable extends Managed implements TableMXBean {
    ManagedTable(String name, Ledger ledger) {
      super(Pausable.TABLE, name, ledger);
    }

    private Optional<TableAccount> account() {
      return ledger.view().snapshot().tables().stream()
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
      return leads(LeadState.ACCEPTED);
    }

    @Override
    public String getWaiting() {
      return account().map(TableAccount::waiting).map(Waiting::reason).orElse("");
    }
  }
}
