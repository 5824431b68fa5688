package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MBeanKindsTest {
  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

  @Test
  void eachStepShowsItsOwnNameAndFigures(@TempDir Path folder) throws Exception {
    try (RunningKiln kiln = new RunningKiln(folder).start()) {
      String name = kiln.app().context().getManagementName();
      Set<ObjectName> steps =
          SERVER.queryNames(
              new ObjectName("org.apache.camel:context=" + name + ",type=processors,*"), null);
      assertThat(steps).hasSizeGreaterThan(100);
      Set<MBeanInfo> kinds = new HashSet<>();
      for (ObjectName step : steps) {
        kinds.add(SERVER.getMBeanInfo(step));
        assertThat(ObjectName.quote(String.valueOf(SERVER.getAttribute(step, "ProcessorId"))))
            .isEqualTo(step.getKeyProperty("name"));
        assertThat(SERVER.getAttribute(step, "ExchangesTotal")).isInstanceOf(Long.class);
        assertThat(
                SERVER.invoke(
                    step, "dumpStatsAsXml", new Object[] {false}, new String[] {"boolean"}))
            .asString()
            .contains("exchangesCompleted");
      }
      assertThat(kinds).as("descriptions, one a kind of step").hasSizeBetween(5, 30);
    }
  }
}
