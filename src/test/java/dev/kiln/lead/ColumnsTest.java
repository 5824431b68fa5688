package dev.kiln.lead;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ColumnsTest {
  private static final String[] FIELDS = {
    "email",
    "first_name",
    "last_name",
    "full_name",
    "company",
    "domain",
    "linkedin_url",
    "title",
    "country",
    "industry"
  };

  private final Hygiene hygiene = Hygiene.of(Industries.load(Path.of("config/industries.csv")));

  @ParameterizedTest
  @CsvSource({
    "EMAIL ,email",
    "E-mail Address,email",
    "Work Email,email",
    "E-mail 1 - Value,email",
    "Email (Work),email",
    "first_name,first_name",
    "First\u00A0Name,first_name",
    "FIRST-NAME,first_name",
    "Given Name,first_name",
    "Family Name,last_name",
    "Last.Name,last_name",
    "Name,full_name",
    "Company name,company",
    "Account Name,company",
    "Company / Account,company",
    "Organization 1 - Name,company",
    "Website,domain",
    "Company Domain Name,domain",
    "Person Linkedin Url,linkedin_url",
    "LinkedIn Contact Profile URL,linkedin_url",
    "Job Title,title",
    "Country/Region,country",
    "Vertical,industry",
    "Primary Industry,industry",
    "Branche,industry",
  })
  void aliases(String header, String field) {
    Columns columns = Columns.of(List.of(header), hygiene);
    assertThat(columns.keys()).containsExactly(FIELDS);
    String value =
        field.equals("email") ? "a@b.example" : field.equals("domain") ? "b.example" : "v";
    assertThat(columns.lead(1, 1, List.of(value)).fields()).containsEntry(field, value);
  }

  @Test
  void otherColumnsTravelAsTheyAre() {
    Columns columns =
        Columns.of(
            List.of(
                "Email",
                "# Employees",
                "",
                "Notes",
                "Notes",
                "lead_id",
                "Source",
                "Company Linkedin Url"),
            hygiene);
    assertThat(columns.keys())
        .startsWith(FIELDS)
        .endsWith(
            "# Employees",
            "column_3",
            "Notes",
            "Notes_2",
            "lead_id_in_file",
            "Source_in_file",
            "Company Linkedin Url")
        .hasSize(17);
    Lead lead = columns.lead(3, 4, List.of("a@example.com", "0012", "x", "", "second", "7", "web"));
    assertThat(lead.fields())
        .containsEntry("# Employees", "0012")
        .containsEntry("column_3", "x")
        .containsEntry("Notes", null)
        .containsEntry("Notes_2", "second")
        .containsEntry("lead_id_in_file", "7")
        .containsEntry("Source_in_file", "web")
        .containsEntry("Company Linkedin Url", null);
    assertThat(lead.fields().keySet()).containsExactlyElementsOf(columns.keys());
    assertThat(lead.record()).isEqualTo(3);
    assertThat(lead.line()).isEqualTo(4);
  }

  @Test
  void firstFilledOfSeveralColumnsWins() {
    Columns twice = Columns.of(List.of("Email", "Name", "Email"), hygiene);
    assertThat(twice.keys()).startsWith(FIELDS).endsWith("Email_2").hasSize(11);
    assertThat(twice.lead(1, 1, List.of("", "Ann", "a@example.com")).fields())
        .containsEntry("email", "a@example.com");
    assertThat(twice.lead(1, 1, List.of("b@example.com", "Ann", "a@example.com")).fields())
        .containsEntry("email", "b@example.com")
        .containsEntry("Email_2", "a@example.com");

    Columns differently = Columns.of(List.of("Work Email", "email", "Name"), hygiene);
    assertThat(differently.keys()).startsWith(FIELDS).endsWith("Work Email").hasSize(11);
    assertThat(differently.lead(1, 1, List.of("w@example.com", "", "Ann")).fields())
        .containsEntry("email", "w@example.com")
        .containsEntry("Work Email", "w@example.com");
    assertThat(differently.lead(1, 1, List.of("w@example.com", "e@example.com", "Ann")).fields())
        .containsEntry("email", "e@example.com")
        .containsEntry("Work Email", "w@example.com");
  }

  @Test
  void everyColumnHasAKeyOfItsOwn() {
    Columns columns =
        Columns.of(
            List.of(
                "email",
                "Phone",
                "SSN",
                "Phone",
                "Phone_2",
                "Phone",
                "E-Mail",
                "email",
                "",
                "",
                "column_9"),
            hygiene.withBlocked(List.of("ssn")));
    assertThat(columns.keys())
        .startsWith(FIELDS)
        .endsWith(
            "Phone",
            "Phone_3",
            "Phone_2",
            "Phone_4",
            "E-Mail",
            "email_2",
            "column_9",
            "column_10",
            "column_9_2")
        .hasSize(19);
    List<String> cells =
        List.of("a@b.example", "1", "2", "9.2E+11", "4", "9.2E+11", "5@b.example", "6", "7", "8");
    Lead lead = columns.lead(1, 1, cells);
    assertThat(lead.fields())
        .containsEntry("email", "a@b.example")
        .containsEntry("Phone", "1")
        .containsEntry("Phone_3", "9.2E+11")
        .containsEntry("Phone_2", "4")
        .containsEntry("E-Mail", "5@b.example")
        .containsEntry("email_2", "6")
        .containsEntry("column_10", "8")
        .containsEntry("column_9_2", null);
    assertThat(lead.notices())
        .containsExactly(
            new Notice(Notice.Kind.DAMAGED, "Phone"), new Notice(Notice.Kind.BLOCKED, "SSN"));

    List<String> rejects =
        Stream.concat(Columns.REJECTS.stream(), columns.original().stream()).toList();
    Columns mended = Columns.of(rejects, hygiene);
    assertThat(mended.keys()).isEqualTo(columns.keys());
    List<String> open =
        Stream.concat(cells.subList(0, 2).stream(), cells.subList(3, 10).stream()).toList();
    assertThat(
            mended
                .lead(1, 1, Stream.concat(Stream.of("2", "", ""), open.stream()).toList())
                .fields())
        .isEqualTo(lead.fields());
  }

  @Test
  void linkedinConnectionsCallTheProfileUrl() {
    assertThat(Columns.of(List.of("First Name", "URL", "Connected On"), hygiene).keys())
        .doesNotContain("URL");
    assertThat(Columns.of(List.of("First Name", "URL"), hygiene).keys()).contains("URL");
  }

  @Test
  void valuesAreStringsExactlyWithoutBlanksAndControls() {
    Columns columns = Columns.of(List.of("Email", "Phone", "Notes"), hygiene);
    Lead lead =
        columns.lead(
            1,
            1,
            List.of(
                "\u00A0mailto:Ann.Lee@EXAMPLE.com ",
                " 9.2E+11\u00A0",
                "a\u0007b\r\nc\td\re\u0000"));
    assertThat(lead.fields())
        .containsEntry("email", "Ann.Lee@example.com")
        .containsEntry("Phone", "9.2E+11")
        .containsEntry("Notes", "ab\nc\td\ne");
    assertThat(lead.key()).isEqualTo(LeadKey.ofEmail("ann.lee@example.com"));
    assertThat(columns.lead(1, 1, List.of("a@example.com", "007", " \u00A0")).fields())
        .containsEntry("Phone", "007")
        .containsEntry("Notes", null);
  }

  @Test
  void theMarkOfATextIsNoPartOfAnAddress() {
    Lead lead = Columns.of(List.of("Email"), hygiene).lead(1, 1, List.of("'o'hara@b.example"));
    assertThat(lead.fields()).containsEntry("email", "o'hara@b.example");
    assertThat(lead.key()).isEqualTo(LeadKey.ofEmail("o'hara@b.example"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://www.Acme.example/path?q=1",
        "http://acme.example",
        "acme.example/",
        "www.acme.example",
        "ACME.EXAMPLE.",
        "https://acme.example:8443#top",
      })
  void domains(String website) {
    Columns columns = Columns.of(List.of("Website", "Name"), hygiene);
    Lead lead = columns.lead(1, 1, List.of(website, "Ann Lee"));
    assertThat(lead.fields()).containsEntry("domain", "acme.example");
    assertThat(lead.key()).isEqualTo(LeadKey.ofName("acme.example", "Ann Lee"));
  }

  @Test
  void nameAtASharedSiteIsNoIdentity() {
    Columns columns = Columns.of(List.of("Website", "Name"), hygiene);
    for (String site :
        List.of("https://www.linkedin.com/company/acme", "facebook.com/acme", "gmail.com")) {
      Lead lead = columns.lead(1, 1, List.of(site, "Ann Lee"));
      assertThat(lead.rejected()).as(site).isTrue();
      assertThat(lead.problem())
          .extracting(Problem::text)
          .asString()
          .contains("column \"Website\" is not the domain of one company");
    }
  }

  @Test
  void identity() {
    Columns columns =
        Columns.of(
            List.of("Email", "LinkedIn", "Website", "First Name", "Last Name", "Name"), hygiene);
    String profile = "https://www.linkedin.com/in/ann";
    assertThat(
            columns.lead(1, 1, List.of("a@example.com", profile, "x.example", "A", "L", "")).key())
        .isEqualTo(LeadKey.ofEmail("a@example.com"));
    assertThat(columns.lead(1, 1, List.of("", profile, "x.example", "A", "L", "")).key())
        .isEqualTo(LeadKey.ofLinkedin(profile));
    assertThat(columns.lead(1, 1, List.of("", "", "x.example", "Ann", "Lee", "")).key())
        .isEqualTo(LeadKey.ofName("x.example", "Ann Lee"))
        .isEqualTo(columns.lead(1, 1, List.of("", "", "x.example", "", "", "ANN LEE")).key());
  }

  @Test
  void problemsNameTheColumnAndNoValue() {
    Columns columns =
        Columns.of(
            List.of("Work Email", "LinkedIn", "Website", "First Name", "Last Name"), hygiene);
    assertProblem(
        columns,
        "column \"Work Email\" is not an e-mail address: it has no @",
        "secret",
        "https://www.linkedin.com/in/ann",
        "x.example",
        "Ann",
        "Lee");
    String need =
        "; it needs an e-mail address, a LinkedIn profile URL, or a domain with first and last name";
    assertProblem(
        columns,
        "nothing identifies the lead: no e-mail address, no LinkedIn URL, no domain" + need,
        "",
        "",
        "",
        "secret",
        "Lee");
    assertProblem(
        columns,
        "nothing identifies the lead: no e-mail address, column \"LinkedIn\" is not the URL of a"
            + " LinkedIn profile, column \"Website\" is not the domain of one company, no first name"
            + need,
        "",
        "secret",
        "secret",
        "",
        "Lee");
    assertProblem(
        columns,
        "nothing identifies the lead: no e-mail address, no LinkedIn URL, no last name" + need,
        "",
        "",
        "x.example",
        "secret",
        "");
  }

  @Test
  void sectorComesFromTheIndustry() {
    Columns columns = Columns.of(List.of("Email", "Industry"), hygiene);
    assertThat(columns.lead(1, 1, List.of("a@example.com", "FinTech")).sector())
        .isEqualTo("finance");
    assertThat(columns.lead(1, 1, List.of("a@example.com", "Basket Weaving")).sector()).isEmpty();
    assertThat(columns.lead(1, 1, List.of("a@example.com")).sector()).isEmpty();
  }

  @Test
  void brokenRecordIsARejectedLeadWithEveryKey() {
    Columns columns = Columns.of(List.of("Email", "Notes"), hygiene);
    Lead lead = columns.broken(new Broken(7, 9, "the row has 4 cells", "a@example.com,x,y,z"));
    assertThat(lead.rejected()).isTrue();
    assertThat(lead.problem()).isEqualTo(new Problem(Problem.Kind.BROKEN, "the row has 4 cells"));
    assertThat(lead.original()).containsExactly("a@example.com,x,y,z");
    assertThat(lead.fields().keySet()).containsExactlyElementsOf(columns.keys());
    assertThat(lead.fields().values()).containsOnlyNulls();
    assertThat(lead.record()).isEqualTo(7);
    assertThat(lead.line()).isEqualTo(9);
    assertThat(lead.key()).isNull();
  }

  @Test
  void aNameHasAHundredCharactersAtMost() {
    Columns columns = Columns.of(List.of("Email", "First Name", "Nachname"), hygiene);
    String smile = "\uD83D\uDE42";
    assertThat(columns.lead(1, 1, List.of("a@b.example", smile.repeat(100), "")).problem())
        .isNull();
    assertThat(columns.lead(1, 1, List.of("a@b.example", "Ann", "y".repeat(101))).problem())
        .isEqualTo(
            new Problem(
                Problem.Kind.NAME,
                "column \"Nachname\" is longer than the 100 characters that a name may have"));
  }

  @Test
  void whatNobodySeesIsNoPartOfAnAddressOrADomain() {
    Columns columns = Columns.of(List.of("Email", "Website"), hygiene);
    Lead lead =
        columns.lead(
            1, 1, List.of("\u200Ba\u200B@\u202Ab.Example\uFEFF", "https://www.b\u00AD.example/"));
    assertThat(lead.fields())
        .containsEntry("email", "a@b.example")
        .containsEntry("domain", "b.example");
    assertThat(lead.key()).isEqualTo(LeadKey.ofEmail("a@b.example"));
    assertThat(columns.lead(1, 1, List.of("a@b.example", "\u0007\u009F\u007F")).fields())
        .containsEntry("domain", null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SSNLast4", "ssn1", "EmployeeSSN", "1SSN", "healthScore2", "MyHealthID"})
  void blockedWordsAreFoundWhereNothingStandsBetween(String header) {
    assertThat(
            Columns.of(List.of("Email", header), hygiene.withBlocked(List.of("ssn", "health")))
                .blocked())
        .containsExactly(header);
  }

  @Test
  void blockedColumnsAreDroppedAndSaid() {
    Columns columns =
        Columns.of(
            List.of("Email", "Employee SSN", "DateOfBirth", "dob2", "Notes", "Healthcare", "SSN"),
            hygiene.withBlocked(List.of("ssn", "Date of birth", "health", " ")));
    assertThat(columns.blocked()).containsExactly("Employee SSN", "DateOfBirth", "SSN");
    assertThat(columns.keys()).startsWith(FIELDS).endsWith("dob2", "Notes", "Healthcare");
    Lead lead =
        columns.lead(1, 1, List.of("a@b.example", "078-05-1120", "", "x", "y", "z", "078-05-1120"));
    assertThat(lead.json()).doesNotContain("078-05-1120");
    assertThat(lead.notices())
        .containsExactly(
            new Notice(Notice.Kind.BLOCKED, "Employee SSN"),
            new Notice(Notice.Kind.BLOCKED, "SSN"));
    Lead rejected = columns.lead(1, 1, List.of("", "078-05-1120", "1990", "x", "y", "z", "1"));
    assertThat(columns.original()).containsExactly("Email", "dob2", "Notes", "Healthcare");
    assertThat(rejected.original()).containsExactly("", "", "x", "y", "z");
    assertThat(columns.broken(new Broken(7, 9, "torn", "a@b.example,078-05-1120")).original())
        .as("nobody could tell which part of it is blocked")
        .containsExactly("");
    assertThat(Columns.of(List.of("Email", "x"), hygiene.withBlocked(List.of("Email"))).keys())
        .containsExactly(Stream.concat(Stream.of(FIELDS), Stream.of("x")).toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({
    "9.2E+11,true",
    "4.91701E+12,true",
    "'9,2E+11',true",
    "+9E+11,true",
    "9.2e+11,true",
    "1E+100,true",
    "920000000000,false",
    "+49 170 1234567,false",
    "9.2E11,false",
    "x9.2E+11,false",
    "E+11,false",
    "9.2E+1,false",
    "+11,false",
  })
  void numbersThatASpreadsheetShortenedAreFlaggedAndStayAsTheyAre(String phone, boolean damaged) {
    Columns columns = Columns.of(List.of("Email", "Mobil"), hygiene);
    Lead lead = columns.lead(1, 1, List.of("a@b.example", phone));
    assertThat(lead.fields()).containsEntry("Mobil", phone);
    assertThat(lead.notices())
        .isEqualTo(damaged ? List.of(new Notice(Notice.Kind.DAMAGED, "Mobil")) : List.<Notice>of());
  }

  @Test
  void anIndustryWithoutASectorIsNoticed() {
    Columns columns = Columns.of(List.of("Email", "Industry"), hygiene);
    assertThat(columns.lead(1, 1, List.of("a@b.example", "Basket Weaving")).notices())
        .containsExactly(new Notice(Notice.Kind.UNMAPPED, "Basket Weaving"));
    assertThat(columns.lead(1, 1, List.of("a@b.example", "Banking")).notices()).isEmpty();
    assertThat(columns.lead(1, 1, List.of("a@b.example", "")).notices()).isEmpty();
  }

  @Test
  void mailboxesHaveAKindAndMayBeRefused() {
    MailDomains shipped =
        MailDomains.load(
            Path.of("config/personal-domains.txt"), Path.of("config/disposable-domains.txt"));
    Columns kept = Columns.of(List.of("Email"), hygiene.withMail(shipped, List.of()));
    assertThat(kept.lead(1, 1, List.of("a@Gmail.com")).mail()).isEqualTo("personal");
    assertThat(kept.lead(1, 1, List.of("a@x.mailinator.com")).mail()).isEqualTo("disposable");
    assertThat(kept.lead(1, 1, List.of("a@notgmail.com")).mail()).isEqualTo("work");
    assertThat(kept.lead(1, 1, List.of("")).mail()).isEmpty();
    assertThat(kept.lead(1, 1, List.of("a@gmail.com")).rejected()).isFalse();

    Columns refused =
        Columns.of(
            List.of("Work Email"),
            hygiene.withMail(shipped, List.of(Mail.PERSONAL, Mail.DISPOSABLE)));
    assertThat(refused.lead(1, 1, List.of("a@gmail.com")).problem())
        .isEqualTo(
            new Problem(
                Problem.Kind.PERSONAL_MAIL,
                "column \"Work Email\" is a personal address (personal-domains.txt), which"
                    + " kiln.mail.personal rejects"));
    assertThat(refused.lead(1, 1, List.of("a@yopmail.com")).problem())
        .extracting(Problem::kind)
        .isEqualTo(Problem.Kind.DISPOSABLE_MAIL);
    assertThat(refused.lead(1, 1, List.of("a@acme.example")).rejected()).isFalse();
  }

  @Test
  void aFileOfRejectedRowsIsReadAsTheFileThatItCameFrom() {
    Columns columns =
        Columns.of(
            List.of("kiln_line", "kiln_reason", "kiln_text", "Email", "'=Phone", "SSN"),
            hygiene.withBlocked(List.of("ssn")));
    assertThat(columns.keys()).startsWith(FIELDS).endsWith("=Phone").hasSize(11);
    assertThat(columns.original()).containsExactly("Email", "=Phone");
    Lead lead = columns.lead(1, 1, List.of("7", "why", "", "a@b.example", "'+49 170 1234567", "1"));
    assertThat(lead.fields()).containsEntry("=Phone", "+49 170 1234567");
    Columns other = Columns.of(List.of("Email", "Phone"), hygiene);
    assertThat(other.lead(1, 1, List.of("a@b.example", "'+49")).fields())
        .containsEntry("Phone", "'+49");
  }

  private static void assertProblem(Columns columns, String problem, String... cells) {
    Lead lead = columns.lead(1, 1, List.of(cells));
    assertThat(lead.problem())
        .extracting(Problem::text)
        .asString()
        .isEqualTo(problem)
        .doesNotContain("secret");
    assertThat(lead.original()).startsWith("").endsWith(cells).hasSize(cells.length + 1);
    assertThat(lead.key()).isNull();
    assertThat(lead.rejected()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ada@b.example", "see ada@b.example", "+49 170 1234567", "SIC 7372"})
  void whatIsNoIndustryIsNoticedWithoutAName(String cell) {
    Columns columns = Columns.of(List.of("Email", "Industry"), hygiene);
    for (String text : List.of(cell, "x".repeat(101))) {
      assertThat(columns.lead(1, 1, List.of("a@b.example", text)).notices())
          .containsExactly(new Notice(Notice.Kind.UNMAPPED, ""));
    }
    String longest = "x".repeat(100);
    assertThat(columns.lead(1, 1, List.of("a@b.example", longest)).notices())
        .containsExactly(new Notice(Notice.Kind.UNMAPPED, longest));
  }
}
