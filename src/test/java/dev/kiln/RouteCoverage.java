package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.CamelContext;

/** Which steps of the routes the tests reached: each Kiln that ends notes its own in a file. */
final class RouteCoverage {
  static final Path FOLDER = Path.of("target", "route-coverage");

  private RouteCoverage() {}

  /** Notes the steps that an exchange went through; call it before the context stops. */
  static void note(CamelContext context) {
    try {
      MBeanServer server = context.getManagementStrategy().getManagementAgent().getMBeanServer();
      ObjectName processors =
          new ObjectName(
              "org.apache.camel:context=" + context.getManagementName() + ",type=processors,*");
      Set<String> reached = new TreeSet<>();
      for (ObjectName name : server.queryNames(processors, null)) {
        if ((Long) server.getAttribute(name, "ExchangesTotal") > 0) {
          String id = (String) server.getAttribute(name, "ProcessorId");
          Object prefix = server.getAttribute(name, "NodePrefixId");
          reached.add(prefix == null ? id : id.substring(prefix.toString().length()));
        }
      }
      Files.createDirectories(FOLDER);
      Files.write(Files.createTempFile(FOLDER, "kiln", ".txt"), reached);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (JMException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** The ids of all steps that were reached since the build began its tests. */
  static Set<String> reached() throws IOException {
    assertThat(FOLDER)
        .as("the unit tests note here what they reach: run them first, with ./mvnw verify")
        .isDirectory();
    Set<String> reached = new TreeSet<>();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.toList()) {
        reached.addAll(Files.readAllLines(file));
      }
    }
    return reached;
  }
}
