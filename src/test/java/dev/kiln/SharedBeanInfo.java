package dev.kiln;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.modelmbean.InvalidTargetObjectTypeException;
import javax.management.modelmbean.ModelMBean;
import javax.management.modelmbean.ModelMBeanInfo;
import javax.management.modelmbean.RequiredModelMBean;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.api.management.ManagedInstance;
import org.apache.camel.api.management.ManagedResource;
import org.apache.camel.spi.ManagementMBeanAssembler;
import org.apache.camel.support.management.DefaultManagementMBeanAssembler;
import org.apache.camel.support.management.MixinRequiredModelMBean;
import org.jspecify.annotations.Nullable;

/**
 * Describes each kind of Camel's MBeans once in a JVM. Camel describes each step of each Kiln anew,
 * which took a sixth of the unit tests' time. A bean that makes itself part of its context, once
 * {@link #KEY} is {@link #VALUE} in application.properties.
 */
public final class SharedBeanInfo implements CamelContextAware {
  static final String KEY = "camel.beans.shared-bean-info";
  static final String VALUE = "#class:" + SharedBeanInfo.class.getName();

  private static final Map<Class<?>, ModelMBeanInfo> KNOWN = new ConcurrentHashMap<>();

  private @Nullable CamelContext context;

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext camelContext) {
    context = camelContext;
    camelContext
        .getCamelContextExtension()
        .addContextPlugin(ManagementMBeanAssembler.class, new Assembler(camelContext));
  }

  private static final class Assembler extends DefaultManagementMBeanAssembler {
    Assembler(CamelContext context) {
      super(context);
    }

    @Override
    public @Nullable ModelMBean assemble(MBeanServer server, Object managed, ObjectName name)
        throws JMException {
      if (describesItself(managed)) {
        return super.assemble(server, managed, name);
      }
      ModelMBeanInfo known = KNOWN.get(managed.getClass());
      if (known == null) {
        ModelMBean first = super.assemble(server, managed, name);
        if (first instanceof RequiredModelMBean bean
            && bean.getMBeanInfo() instanceof ModelMBeanInfo info) {
          KNOWN.put(managed.getClass(), info);
        }
        return first;
      }
      RequiredModelMBean bean = new MixinRequiredModelMBean(known, true, null, null);
      try {
        bean.setManagedResource(managed, "ObjectReference");
      } catch (InvalidTargetObjectTypeException impossible) {
        throw new JMException(impossible.getMessage());
      }
      return bean;
    }

    /** Whether what it manages has attributes of its own. */
    private static boolean describesItself(Object managed) {
      return Optional.of(managed)
          .filter(ManagedInstance.class::isInstance)
          .map(ManagedInstance.class::cast)
          .map(ManagedInstance::getInstance)
          .filter(instance -> instance.getClass().isAnnotationPresent(ManagedResource.class))
          .isPresent();
    }
  }
}
