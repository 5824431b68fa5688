package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MailDomainsTest {
  @SuppressWarnings("NullAway.Init")
  @TempDir
  Path folder;

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void aDomainStandsForItsSubdomainsAndDisposableWins() throws IOException {
    MailDomains domains =
        MailDomains.load(
            write("p.txt", "\uFEFF# people\n\n Mail.Example \nboth.example\n"),
            write("d.txt", "gone.example\r\nboth.example\r\nx.mail.example"));
    assertThat(domains.of("a@mail.example")).isEqualTo(Mail.PERSONAL);
    assertThat(domains.of("a@eu.MAIL.example")).isEqualTo(Mail.PERSONAL);
    assertThat(domains.of("a@xmail.example")).isEqualTo(Mail.WORK);
    assertThat(domains.of("a@gone.example")).isEqualTo(Mail.DISPOSABLE);
    assertThat(domains.of("a@both.example")).isEqualTo(Mail.DISPOSABLE);
    assertThat(domains.of("a@y.x.mail.example")).isEqualTo(Mail.DISPOSABLE);
    assertThat(domains.of("no address")).isEqualTo(Mail.WORK);
  }

  @Test
  void aListThatIsNotThereListsNothing() {
    assertThat(
            MailDomains.load(folder.resolve("none.txt"), folder.resolve("neither.txt"))
                .of("a@gmail.com"))
        .isEqualTo(Mail.WORK);
  }

  @Test
  void aLineThatIsNoDomainIsRefused() throws IOException {
    Path list = write("p.txt", "# x\ngmail.com\n@aol.com\n");
    assertThatThrownBy(() -> MailDomains.load(list, list))
        .isInstanceOf(InvalidConfiguration.class)
        .hasMessage(list + ":3: is not a domain; write one a line, such as example.com");
  }

  @ParameterizedTest
  @ValueSource(strings = {"personal", "disposable"})
  void theShippedListsAreSortedAndWithoutRepeats(String kind) throws IOException {
    List<String> domains =
        Files.readAllLines(Path.of("config", kind + "-domains.txt")).stream()
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    assertThat(domains)
        .hasSizeGreaterThan(200)
        .containsExactlyElementsOf(new TreeSet<>(domains))
        .allSatisfy(domain -> assertThat(LeadKey.isHost(domain)).as(domain).isTrue());
  }
}
