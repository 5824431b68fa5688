package dev.kiln;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.modelmbean.InvalidTargetObjectTypeException;
import javax.management.modelmbean.ModelMBean;
import javax.management.modelmbean.ModelMBeanInfo;
import javax.management.modelmbean.RequiredModelMBean;
import org.apache.camel.CamelContext;
import org.apache.camel.api.management.ManagedInstance;
import org.apache.camel.api.management.ManagedResource;
import org.apache.camel.api.management.NotificationSenderAware;
import org.apache.camel.support.management.DefaultManagementMBeanAssembler;
import org.apache.camel.support.management.MixinRequiredModelMBean;
import org.jspecify.annotations.Nullable;

/**
 * Describes each class of Camel's MBeans once in a JVM. Camel reads the annotations of a class anew
 * for each of the several hundred steps of the routes, which takes a good part of a start. What an
 * MBean shows is the same.
 */
final class MBeanKinds extends DefaultManagementMBeanAssembler {
  /** By the class of what is managed. Descriptions are read only. */
  private static final Map<Class<?>, ModelMBeanInfo> KNOWN = new ConcurrentHashMap<>();

  MBeanKinds(CamelContext context) {
    super(context);
  }

  @Override
  public @Nullable ModelMBean assemble(MBeanServer server, Object managed, ObjectName name)
      throws JMException {
    if (isOneOfAKind(managed)) {
      return super.assemble(server, managed, name);
    }
    ModelMBeanInfo kind = KNOWN.get(managed.getClass());
    if (kind == null) {
      ModelMBean first = super.assemble(server, managed, name);
      if (first instanceof RequiredModelMBean bean
          && bean.getMBeanInfo() instanceof ModelMBeanInfo info) {
        KNOWN.put(managed.getClass(), info);
      }
      return first;
    }
    boolean mask =
        Boolean.TRUE.equals(camelContext.getManagementStrategy().getManagementAgent().getMask());
    RequiredModelMBean bean = new MixinRequiredModelMBean(kind, mask, null, null);
    try {
      bean.setManagedResource(managed, "ObjectReference");
    } catch (InvalidTargetObjectTypeException impossible) {
      throw new JMException(impossible.getMessage());
    }
    return bean;
  }

  /** Whether its description is not that of its class alone, or it tells of events. */
  private static boolean isOneOfAKind(Object managed) {
    return managed instanceof NotificationSenderAware
        || (managed instanceof ManagedInstance instance
            && instance.getInstance() != null
            && instance.getInstance().getClass().isAnnotationPresent(ManagedResource.class));
  }
}
