package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LeadKeyTest {
  @Test
  void keyIsADigest() {
    assertThat(LeadKey.ofEmail("Ann@Example.com"))
        .isEqualTo(LeadKey.ofEmail("ann@example.com"))
        .matches("[A-Za-z0-9_-]{24}")
        .isNotEqualTo(LeadKey.ofEmail("bob@example.com"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://www.linkedin.com/in/Ann-Lee/",
        "http://de.linkedin.com/in/ann-lee?trk=x&y=/z",
        "linkedin.com/in/ann-lee",
        "HTTPS://LINKEDIN.COM/IN/ANN-LEE#about",
        "www.linkedin.com/in/ann-lee/en",
      })
  void oneProfileManySpellings(String url) {
    assertThat(LeadKey.profile(url)).isEqualTo("in/ann-lee");
    assertThat(LeadKey.ofLinkedin(url)).isEqualTo(LeadKey.ofLinkedin("linkedin.com/in/ann-lee"));
  }

  @ParameterizedTest
  @CsvSource({
    "https://www.linkedin.com/in/jos%C3%A9,in/josé",
    "https://www.linkedin.com/in/100%,in/100%",
    "https://www.linkedin.com/pub/ann-lee/1/2b/3/,pub/ann-lee/1/2b/3",
    "https://www.linkedin.com/pub/ann-lee?trk=x,pub/ann-lee",
    "https://www.linkedin.com/pub/director/1/2b/3,pub/director/1/2b/3",
    "'https://www.linkedin.com/sales/lead/ACwAA1,NAME_SEARCH,x',sales/lead/acwaa1",
    "'https://www.linkedin.com/sales/people/ACwAA1,NAME_SEARCH,x?y',sales/people/acwaa1",
    "'https://www.linkedin.com/sales/profile/12345,ab,NAME_SEARCH',sales/profile/12345",
    "https://www.linkedin.com/talent/profile/AEMAA1?trk=x,talent/profile/aemaa1",
    "https://www.linkedin.com/talent/hire/12/manage/all/profile/AEMAA1/,talent/profile/aemaa1",
  })
  void profiles(String url, String profile) {
    assertThat(LeadKey.profile(url)).isEqualTo(profile);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://www.linkedin.com/company/acme",
        "https://www.linkedin.com/in/",
        "https://www.linkedin.com/pub/dir/Ann/Lee",
        "https://www.linkedin.com/pub/dir?first=Ann",
        "https://www.linkedin.com/sales/company/12345",
        "https://www.linkedin.com/sales/search/people?query=x",
        "https://www.linkedin.com/sales/lead/,NAME_SEARCH,x",
        "https://www.linkedin.com/sales/lists/people/12345",
        "https://www.linkedin.com/talent/hire/12/overview",
        "https://linkedin.com",
        "https://notlinkedin.com/in/ann",
        "https://evil.example/linkedin.com/in/ann",
        "ann-lee",
      })
  void noProfiles(String url) {
    assertThat(LeadKey.ofLinkedin(url)).isNull();
  }

  @Test
  void names() {
    String key = LeadKey.ofName("example.com", "Zoë Lee");
    assertThat(LeadKey.ofName("EXAMPLE.com", " zoë   LEE ")).isEqualTo(key);
    assertThat(LeadKey.ofName("example.com", "Zoe\u0308 Lee")).isEqualTo(key);
    assertThat(LeadKey.ofName("example.com", "Zoe Lee")).isNotEqualTo(key);
    assertThat(LeadKey.ofName("example.org", "Zoë Lee")).isNotEqualTo(key);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a@b.co",
        "first.last+tag@sub.example.com",
        "o'brien@example.org",
        "josé@exämple.test",
        "x_y-z@my-host.example",
        "a@xn--bcher-kva.example",
        "1@2.example",
      })
  void addresses(String address) {
    assertThat(LeadKey.faultOf(address)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "ann,it has no @",
    "ann@@example.com,it has more than one @",
    "ann@example.com; bob@example.com,it has more than one @",
    "@example.com,nothing stands before the @",
    "ann@localhost,its domain has no dot",
    "ann@,its domain has no dot",
    "ann@.com,what stands after the @ is not a domain",
    "ann lee@example.com,a character or dot before the @ is not allowed there",
    "ann..lee@example.com,a character or dot before the @ is not allowed there",
    ".ann@example.com,a character or dot before the @ is not allowed there",
    "ann@example..com,what stands after the @ is not a domain",
    "ann@-example.com,what stands after the @ is not a domain",
    "ann@example-.com,what stands after the @ is not a domain",
    "ann@example.c,what stands after the @ is not a domain",
    "ann@192.168.0.1,what stands after the @ is not a domain",
    "ann@exam ple.com,what stands after the @ is not a domain",
    "ann.@example.com,a character or dot before the @ is not allowed there",
    "an\u007Fn@example.com,a character or dot before the @ is not allowed there",
    "an[n@example.com,a character or dot before the @ is not allowed there",
    "ann@example.com.,what stands after the @ is not a domain",
  })
  void noAddresses(String address, String fault) {
    assertThat(LeadKey.faultOf(address)).isEqualTo(fault);
  }

  @Test
  void addressesAndHostsMayBeAsLongAsMailAllows() {
    String host = ("a".repeat(62) + ".").repeat(4);
    String tooLong = "it is longer than an address may be";
    assertThat(LeadKey.faultOf("a".repeat(64) + "@example.com")).isNull();
    assertThat(LeadKey.faultOf("a".repeat(65) + "@example.com")).isEqualTo(tooLong);
    assertThat(LeadKey.faultOf("a@" + host.substring(2) + "co")).isNull();
    assertThat(LeadKey.faultOf("ab@" + host.substring(2) + "co")).isEqualTo(tooLong);
    assertThat(LeadKey.isHost(host + "c")).as("a name of one letter").isFalse();
    assertThat(LeadKey.isHost(host.substring(1) + "co")).isTrue();
    assertThat(LeadKey.isHost(host + "co")).isFalse();
  }

  @Property
  void plainHostsAreJudgedAsHostsOfAnyScriptAre(@ForAll("hosts") String text) {
    assertThat(LeadKey.isHost(text)).isEqualTo(LeadKey.HOST.matcher(text).matches());
  }

  @Provide
  Arbitrary<String> hosts() {
    Arbitrary<String> label = Arbitraries.strings().withChars("aZ19-- _@é").ofMaxLength(4);
    Arbitrary<String> longLabel = Arbitraries.of(62, 63, 64).map(length -> "a".repeat(length));
    return Arbitraries.frequencyOf(Tuple.of(9, label), Tuple.of(1, longLabel))
        .list()
        .ofMaxSize(3)
        .map(labels -> String.join(".", labels));
  }

  @Test
  @Timeout(60)
  void hugeValuesAreRefusedAtOnce() {
    String huge = "a.".repeat(100_000);
    assertThat(LeadKey.faultOf(huge + "@example.com"))
        .isEqualTo("it is longer than an address may be");
    assertThat(LeadKey.faultOf("a@" + huge)).isEqualTo("it is longer than an address may be");
    assertThat(LeadKey.isHost(huge)).isFalse();
    assertThat(LeadKey.ofLinkedin("https://www.linkedin.com/" + huge)).isNull();
    for (String kind : List.of("in/", "pub/", "sales/lead/", "talent/")) {
      for (String part : List.of("a", "a/", "profile/", "profile/1,")) {
        String path = "linkedin.com/" + kind + part.repeat(400_000 / part.length());
        assertThat(LeadKey.profile(path + "?x\ny")).isNull();
      }
    }
    assertThat(LeadKey.profile("linkedin.com/in/ann-lee?" + huge)).isEqualTo("in/ann-lee");
  }
}
