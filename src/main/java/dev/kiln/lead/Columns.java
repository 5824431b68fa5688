package dev.kiln.lead;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The columns of one run: which header is which field of a lead. Immutable, thread-safe.
 *
 * <p>Headers match whatever their case, spaces and punctuation. Several columns of one field: the
 * first that is filled gives the value, one that bears the field's own name before the others; the
 * others fill gaps, and also travel under their own name. A column that is no field travels as it
 * is under its header, a blank header as {@code column_<n>} (n from 1). Names that Kiln itself
 * sends ({@code lead_id}, {@code run_id}, {@code source}, {@code possible_duplicate}, in any case)
 * travel as {@code <name>_in_file}. Where a name is taken by a column before, it is {@code
 * <name>_2}, or the next number that no column has.
 *
 * <p>A lead is valid with an e-mail address, or with the URL of a LinkedIn profile, or with a
 * domain and a full name. An e-mail address that is none rejects the row, whatever else it holds:
 * sending it would spend credits on a fault that a person can mend. A LinkedIn URL or domain that
 * is none counts as missing and travels as it is. A name of more than 100 characters rejects the
 * row.
 *
 * <p>Columns that {@link Hygiene} blocks are dropped, unread but for a notice. A file of rejected
 * rows ({@link #REJECTS}) is read as the file that it came from.
 */
public final class Columns {
  private static final String EMAIL = "email";
  private static final String FIRST_NAME = "first_name";
  private static final String LAST_NAME = "last_name";
  private static final String FULL_NAME = "full_name";
  private static final String COMPANY = "company";
  private static final String DOMAIN = "domain";
  private static final String LINKEDIN_URL = "linkedin_url";
  private static final String TITLE = "title";
  private static final String COUNTRY = "country";
  private static final String INDUSTRY = "industry";

  private static final List<String> FIELDS =
      List.of(
          EMAIL,
          FIRST_NAME,
          LAST_NAME,
          FULL_NAME,
          COMPANY,
          DOMAIN,
          LINKEDIN_URL,
          TITLE,
          COUNTRY,
          INDUSTRY);

  /** Fields without which no row of a file can be told from another. */
  private static final Set<String> IDENTIFYING =
      Set.of(EMAIL, FIRST_NAME, LAST_NAME, FULL_NAME, COMPANY, DOMAIN, LINKEDIN_URL);

  /** Sites of many companies: one name there is many people. */
  private static final Pattern SHARED_SITE =
      Pattern.compile(
          "(.*\\.)?(linkedin|facebook|instagram|twitter|x|youtube|tiktok|github|gmail|googlemail"
              + "|google|outlook|hotmail|live|yahoo|icloud|medium|xing)\\.com|linktr\\.ee");

  /**
   * What a file of rejected rows has before the columns of the file they came from: the line there,
   * why it was rejected, and the text of a record that could not be taken apart. One of them is
   * enough to know such a file by.
   */
  public static final List<String> REJECTS = List.of("kiln_line", "kiln_reason", "kiln_text");

  private static final int LONGEST_NAME = 100;

  /** A longer text is no name of an industry. */
  private static final int LONGEST_INDUSTRY = 100;

  /** As a spreadsheet writes long numbers, 9.2E+11 or 9,2E+11. */
  private static final Pattern SHORTENED = Pattern.compile("[+-]?\\d([.,]\\d+)?[Ee]\\+\\d{2,3}");

  /** As Kiln writes it: the run, with its day, and the record. */
  private static final Pattern LEAD_ID = Pattern.compile("\\d{8}-[a-z0-9]{6}-\\d{1,18}");

  private static final Problem CAME_BACK =
      new Problem(
          Problem.Kind.CAME_BACK,
          "it bears the lead_id of a lead, so it has been to Clay: \"kiln retry\" sends a lead again");

  private static final Set<String> RESERVED =
      Set.of("lead_id", "run_id", "source", "possible_duplicate");

  /**
   * Letters and digits of the headers that Salesforce, HubSpot, Apollo, LinkedIn and its Sales
   * Navigator, ZoomInfo, Google and Outlook contacts, and people, write.
   */
  private static final Map<String, String> ALIASES =
      aliases(
          Map.of(
              EMAIL,
              "email emailaddress emailid emailaddr mail mailaddress workemail workemailaddress"
                  + " businessemail businessemailaddress companyemail corporateemail"
                  + " professionalemail primaryemail primaryemailaddress contactemail"
                  + " contactemailaddress leademail personemail emailwork email1 email1value"
                  + " email1address emailprimary emailadresse emailadress correo"
                  + " correoelectronico adressemail useremail attendeeemail",
              FIRST_NAME,
              "firstname first fname givenname forename contactfirstname leadfirstname"
                  + " personfirstname vorname prenom nombre attendeefirstname",
              LAST_NAME,
              "lastname last lname surname familyname contactlastname leadlastname"
                  + " personlastname nachname apellido apellidos attendeelastname",
              FULL_NAME,
              "fullname name contact contactname leadname personname displayname prospectname"
                  + " contactfullname attendee attendeename nomcomplet nombrecompleto",
              COMPANY,
              "company companyname account accountname companyaccount organization organisation"
                  + " organizationname organisationname organization1name employer"
                  + " currentcompany currentcompanyname companynameforemails associatedcompany"
                  + " associatedcompanyname primarycompany businessname firma unternehmen"
                  + " entreprise empresa societe",
              DOMAIN,
              "domain domainname website websiteurl web webpage webaddress homepage"
                  + " companydomain companydomainname companywebsite companywebsiteurl"
                  + " companywebsitedomain accountwebsite accountdomain primarydomain"
                  + " websitedomain emaildomain website1value organizationwebsite webseite",
              LINKEDIN_URL,
              "linkedin linkedinurl linkedinprofile linkedinprofileurl linkedinlink linkedinid"
                  + " personlinkedin personlinkedinurl contactlinkedin contactlinkedinurl"
                  + " contactlinkedinprofileurl linkedincontactprofileurl linkedincontactprofile"
                  + " leadlinkedinurl profileurl defaultprofileurl linkedinpublicurl"
                  + " publicprofileurl publiclinkedinurl salesnavigatorurl salesnavurl"
                  + " salesnavigatorprofileurl linkedinsalesnavigatorurl linkedinbio",
              TITLE,
              "title jobtitle job position currenttitle currentposition currentjobtitle role"
                  + " jobrole jobposition persontitle contacttitle organizationtitle"
                  + " organization1title titel berufsbezeichnung puesto cargo poste",
              COUNTRY,
              "country countryregion countrycode countryname personcountry contactcountry"
                  + " mailingcountry mailingcountryterritory billingcountry businesscountry"
                  + " businesscountryregion workcountry address1country land pays pais",
              INDUSTRY,
              "industry industries industryname companyindustry primaryindustry accountindustry"
                  + " linkedinindustry organizationindustry vertical industryvertical"
                  + " businessvertical sector industrysector branche secteur industria"));

  private final List<String> header;
  private final List<String> keys;
  private final String[] sorted;
  private final Hygiene hygiene;
  private final boolean rejects;

  /** The columns that are in the file, in its order, and neither blocked nor Kiln's own. */
  private final int[] open;

  /** The columns that are blocked. */
  private final int[] blocked;

  /** The columns that may hold the id that Kiln gave a lead. */
  private final int[] leadIds;

  /** Per key, the columns that give its value, in order of preference. */
  private final int[][] sources;

  /** Where each of {@link #FIELDS} stands among the keys: at its own index. */
  private static final int EMAIL_AT = FIELDS.indexOf(EMAIL);

  private static final int DOMAIN_AT = FIELDS.indexOf(DOMAIN);

  private static final int INDUSTRY_AT = FIELDS.indexOf(INDUSTRY);

  private static final int[] NAMES_AT = {
    FIELDS.indexOf(FIRST_NAME), FIELDS.indexOf(LAST_NAME), FIELDS.indexOf(FULL_NAME)
  };

  private Columns(
      List<String> header,
      Map<String, List<Integer>> sources,
      boolean rejects,
      int[] open,
      int[] blocked,
      Hygiene hygiene) {
    this.header = header;
    this.keys = List.copyOf(sources.keySet());
    this.sorted = sources.keySet().stream().sorted().toArray(String[]::new);
    this.sources =
        sources.values().stream()
            .map(columns -> columns.stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    this.rejects = rejects;
    this.open = open;
    this.blocked = blocked;
    this.leadIds = Arrays.stream(open).filter(i -> same(header.get(i)).equals("leadid")).toArray();
    this.hygiene = hygiene;
  }

  /**
   * Assigns the columns of a file.
   *
   * @param header the cells of its header, as {@link Framer#header()} gives them
   * @param hygiene gives each lead its sector, and says what is dropped and refused
   */
  public static Columns of(List<String> header, Hygiene hygiene) {
    boolean rejects = header.stream().anyMatch(REJECTS::contains);
    List<String> names =
        header.stream().map(name -> trimmed(rejects ? Inert.undo(name) : name)).toList();
    int[] open =
        IntStream.range(0, names.size())
            .filter(i -> !(rejects && REJECTS.contains(names.get(i))))
            .filter(i -> !hygiene.blocks(names.get(i)))
            .toArray();
    int[] blocked =
        IntStream.range(0, names.size()).filter(i -> hygiene.blocks(names.get(i))).toArray();
    return new Columns(names, sources(names, open), rejects, open, blocked, hygiene);
  }

  private static Map<String, List<Integer>> sources(List<String> names, int[] open) {
    Map<String, List<Integer>> sources = new LinkedHashMap<>();
    FIELDS.forEach(field -> sources.put(field, new ArrayList<>()));
    boolean connections = names.stream().anyMatch(n -> same(n).equals("connectedon"));
    List<Integer> order = new ArrayList<>();
    for (int pass = 0; pass < 2; pass++) {
      for (int i : open) {
        if ((pass == 0) == isOwnName(same(names.get(i)))) {
          order.add(i);
        }
      }
    }
    Set<Integer> travelling = new HashSet<>();
    for (int i : order) {
      String name = names.get(i);
      // LinkedIn's own export of connections calls the profile just "URL".
      String field =
          connections && same(name).equals("url") ? LINKEDIN_URL : ALIASES.get(same(name));
      List<Integer> columns = field == null ? List.of() : sources.getOrDefault(field, List.of());
      if (field == null || !columns.isEmpty()) {
        travelling.add(i);
      }
      if (field != null) {
        columns.add(i);
      }
    }
    // No key with a number is that of another column, wherever in the file it stands.
    Set<String> taken = new HashSet<>(FIELDS);
    for (int i : open) {
      taken.add(otherKey(names.get(i), i));
    }
    Set<String> met = new HashSet<>();
    for (int i : open) {
      String key = otherKey(names.get(i), i);
      boolean free = met.add(key);
      if (travelling.contains(i)) {
        String name = names.get(i).isEmpty() ? key : names.get(i);
        sources.put(free ? key : numbered(name, taken), List.of(i));
      }
    }
    return sources;
  }

  /** A name with the lowest number, from 2, that makes another of it than those that are taken. */
  public static String numbered(String name, Set<String> taken) {
    int number = 2;
    while (!taken.add(name + "_" + number)) {
      number++;
    }
    return name + "_" + number;
  }

  /** The keys of every lead of this run: the ten fields, then the other columns as in the file. */
  public List<String> keys() {
    return keys;
  }

  /** The headers of the columns that are left out, in the file's order. */
  public List<String> blocked() {
    return Arrays.stream(blocked).mapToObj(header::get).toList();
  }

  /** The headers of the cells in {@link Lead#original} behind the first; none is blank. */
  public List<String> original() {
    return Arrays.stream(open)
        .mapToObj(i -> header.get(i).isEmpty() ? otherKey("", i) : header.get(i))
        .toList();
  }

  /**
   * The lead of one record.
   *
   * @param record its number, from 1
   * @param line the line where it begins, from 1
   * @param cells its cells in the order of the header; missing ones are empty, more are ignored
   */
  public Lead lead(long record, long line, List<String> cells) {
    @Nullable String[] values = new @Nullable String[sources.length];
    int[] origin = new int[sources.length];
    Arrays.fill(origin, -1);
    for (int i = 0; i < values.length; i++) {
      for (int column : sources[i]) {
        String value = value(cells, column);
        if (value != null) {
          values[i] = value;
          origin[i] = column;
          break;
        }
      }
    }
    values[EMAIL_AT] = address(values[EMAIL_AT]);
    values[DOMAIN_AT] = host(values[DOMAIN_AT]);
    Map<String, @Nullable String> fields = new LinkedHashMap<>(keys.size() * 2);
    for (int i = 0; i < values.length; i++) {
      fields.put(keys.get(i), values[i]);
    }
    String sector = hygiene.industries().sector(fields.get(INDUSTRY));
    Mail mail = hygiene.mail(values[EMAIL_AT]);
    List<Notice> notices = notices(cells, values, origin, sector);
    Problem problem = cameBack(cells) ? CAME_BACK : fault(values, origin, mail);
    String key = null;
    if (problem == null) {
      key = key(fields);
      if (key == null) {
        problem = new Problem(Problem.Kind.IDENTITY, missing(fields, fullName(fields), origin));
      }
    }
    return new Lead(
        record,
        line,
        fields,
        sector,
        mail.word(),
        key,
        problem == null ? ContentHash.of(sorted, fields) : "",
        problem,
        notices,
        problem == null ? List.of() : original(cells));
  }

  /** The value of a cell, or null. */
  private @Nullable String value(List<String> cells, int column) {
    String cell = column < cells.size() ? cells.get(column) : null;
    if (cell == null) {
      return null;
    }
    return Text.value(rejects ? Inert.undo(cell) : cell);
  }

  /** Whether a row bears the id of a lead: sent once more it would go around for ever. */
  private boolean cameBack(List<String> cells) {
    for (int column : leadIds) {
      String id = value(cells, column);
      if (id != null && LEAD_ID.matcher(id).matches()) {
        return true;
      }
    }
    return false;
  }

  /** What is wrong with a value that is there; null when nothing is. */
  private @Nullable Problem fault(@Nullable String[] values, int[] origin, Mail mail) {
    String email = values[EMAIL_AT];
    if (email != null) {
      String column = name(origin[EMAIL_AT]);
      String fault = LeadKey.faultOf(email);
      if (fault != null) {
        return new Problem(
            Problem.Kind.ADDRESS, "column \"" + column + "\" is not an e-mail address: " + fault);
      }
      Problem refused = hygiene.faultOf(mail, column);
      if (refused != null) {
        return refused;
      }
    }
    for (int at : NAMES_AT) {
      String name = values[at];
      if (name != null
          && name.length() > LONGEST_NAME
          && name.codePointCount(0, name.length()) > LONGEST_NAME) {
        return new Problem(
            Problem.Kind.NAME,
            "column \""
                + name(origin[at])
                + "\" is longer than the "
                + LONGEST_NAME
                + " characters that a name may have");
      }
    }
    return null;
  }

  private static @Nullable String key(Map<String, @Nullable String> fields) {
    String email = fields.get(EMAIL);
    if (email != null) {
      return LeadKey.ofEmail(email);
    }
    String linkedin = fields.get(LINKEDIN_URL);
    String key = linkedin == null ? null : LeadKey.ofLinkedin(linkedin);
    String domain = fields.get(DOMAIN);
    String name = fullName(fields);
    return key == null && domain != null && ownDomain(domain) && name != null
        ? LeadKey.ofName(domain, name)
        : key;
  }

  private List<Notice> notices(
      List<String> cells, @Nullable String[] values, int[] origin, String sector) {
    List<Notice> notices = null;
    for (int i = FIELDS.size(); i < values.length; i++) {
      String value = values[i];
      if (value != null && isShortened(value)) {
        notices = and(notices, Notice.Kind.DAMAGED, name(origin[i]));
      }
    }
    for (int column : blocked) {
      if (value(cells, column) != null) {
        notices = and(notices, Notice.Kind.BLOCKED, name(column));
      }
    }
    String industry = values[INDUSTRY_AT];
    if (industry != null && sector.isEmpty()) {
      notices = and(notices, Notice.Kind.UNMAPPED, isIndustry(industry) ? industry : "");
    }
    return notices == null ? List.of() : notices;
  }

  private static List<Notice> and(@Nullable List<Notice> notices, Notice.Kind kind, String name) {
    List<Notice> more = notices == null ? new ArrayList<>() : notices;
    Notice notice = new Notice(kind, name);
    // Of two columns with one header: rows are counted, not cells.
    if (!more.contains(notice)) {
      more.add(notice);
    }
    return more;
  }

  /** Whether a text may be an industry, and is not what a shifted row has in its column. */
  private static boolean isIndustry(String text) {
    return text.length() <= LONGEST_INDUSTRY
        && text.indexOf('@') < 0
        && 2 * text.chars().filter(Character::isDigit).count()
            < Text.lettersAndDigits(text).length();
  }

  /** Whether a spreadsheet has thrown digits of a number away. */
  private static boolean isShortened(String value) {
    int length = value.length();
    // Nearly every value ends here, before the pattern.
    return length >= 5
        && length <= 24
        && (value.charAt(length - 3) == '+' || value.charAt(length - 4) == '+')
        && SHORTENED.matcher(value).matches();
  }

  private List<String> original(List<String> cells) {
    List<String> original = new ArrayList<>(open.length + 1);
    original.add("");
    for (int column : open) {
      String value = value(cells, column);
      original.add(value == null ? "" : value);
    }
    return original;
  }

  /**
   * The rejected lead of a record without usable cells: every field null. Its text is kept, unless
   * the file has blocked columns: nobody could tell what of it is theirs.
   */
  public Lead broken(Broken broken) {
    Map<String, @Nullable String> fields = new LinkedHashMap<>();
    keys.forEach(key -> fields.put(key, null));
    return new Lead(
        broken.record(),
        broken.line(),
        fields,
        "",
        Mail.NONE.word(),
        null,
        "",
        new Problem(Problem.Kind.BROKEN, broken.reason()),
        List.of(),
        List.of(blocked.length == 0 ? broken.original() : ""));
  }

  /** How many different fields these cells name. */
  static int known(List<String> cells) {
    Set<String> fields = new HashSet<>();
    for (String cell : cells) {
      String field = ALIASES.get(same(cell));
      if (field != null) {
        fields.add(field);
      }
    }
    return fields.size();
  }

  /** Whether a row under this header can name a person's e-mail address or LinkedIn profile. */
  static boolean reaches(List<String> header) {
    return header.stream()
        .map(name -> ALIASES.get(same(name)))
        .anyMatch(field -> EMAIL.equals(field) || LINKEDIN_URL.equals(field));
  }

  /** Whether a row under this header can identify a lead. */
  static boolean identifies(List<String> header) {
    return header.stream()
        .map(name -> ALIASES.get(same(name)))
        .anyMatch(field -> field != null && IDENTIFYING.contains(field));
  }

  private String missing(
      Map<String, @Nullable String> fields, @Nullable String name, int[] origin) {
    List<String> faults = new ArrayList<>();
    faults.add("no e-mail address");
    faults.add(
        fields.get(LINKEDIN_URL) == null
            ? "no LinkedIn URL"
            : "column \""
                + name(origin[FIELDS.indexOf(LINKEDIN_URL)])
                + "\" is not the URL of a LinkedIn profile");
    String domain = fields.get(DOMAIN);
    if (domain == null) {
      faults.add("no domain");
    } else if (!ownDomain(domain)) {
      faults.add("column \"" + name(origin[DOMAIN_AT]) + "\" is not the domain of one company");
    }
    if (name == null) {
      boolean first = fields.get(FIRST_NAME) != null;
      boolean last = fields.get(LAST_NAME) != null;
      faults.add(first ? "no last name" : last ? "no first name" : "no name");
    }
    return "nothing identifies the lead: "
        + String.join(", ", faults)
        + "; it needs an e-mail address, a LinkedIn profile URL, or a domain with first and last"
        + " name";
  }

  private String name(int column) {
    return column < 0 ? "" : header.get(column);
  }

  private static @Nullable String fullName(Map<String, @Nullable String> fields) {
    String first = fields.get(FIRST_NAME);
    String last = fields.get(LAST_NAME);
    return first != null && last != null ? first + " " + last : fields.get(FULL_NAME);
  }

  /**
   * Without {@code mailto:}, angle brackets and the apostrophe by which spreadsheets mark a text,
   * the domain in lower case.
   */
  private static @Nullable String address(@Nullable String value) {
    if (value == null) {
      return null;
    }
    String address = value.startsWith("'") ? value.substring(1) : value;
    if (address.regionMatches(true, 0, "mailto:", 0, 7)) {
      address = address.substring(7);
    }
    if (address.startsWith("<") && address.endsWith(">")) {
      address = address.substring(1, address.length() - 1);
    }
    address = Text.value(Text.withoutInvisible(address));
    if (address == null) {
      return null;
    }
    int at = address.lastIndexOf('@');
    return at < 0
        ? address
        : address.substring(0, at) + address.substring(at).toLowerCase(Locale.ROOT);
  }

  /** The host of a URL or of a bare domain, without {@code www.}; else the value as it is. */
  private static @Nullable String host(@Nullable String value) {
    if (value == null) {
      return null;
    }
    String host = Text.withoutInvisible(value).toLowerCase(Locale.ROOT);
    int scheme = host.indexOf("://");
    host =
        scheme >= 0 ? host.substring(scheme + 3) : host.startsWith("//") ? host.substring(2) : host;
    for (int i = 0; i < host.length(); i++) {
      if ("/?#:".indexOf(host.charAt(i)) >= 0) {
        host = host.substring(0, i);
        break;
      }
    }
    if (host.startsWith("www.")) {
      host = host.substring(4);
    }
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    return LeadKey.isHost(host) ? host : value;
  }

  private static boolean ownDomain(String domain) {
    return LeadKey.isHost(domain) && !SHARED_SITE.matcher(domain).matches();
  }

  private static String otherKey(String name, int column) {
    if (name.isEmpty()) {
      return "column_" + (column + 1);
    }
    String key = name.toLowerCase(Locale.ROOT);
    return RESERVED.contains(key) || FIELDS.contains(name) ? name + "_in_file" : name;
  }

  private static String trimmed(String name) {
    String value = Text.value(name);
    return value == null ? "" : value;
  }

  private static String same(String name) {
    return Text.lettersAndDigits(name);
  }

  /** Whether letters and digits of a header are those of a field's own name. */
  private static boolean isOwnName(String same) {
    return FIELDS.stream().anyMatch(field -> same(field).equals(same));
  }

  private static Map<String, String> aliases(Map<String, String> namesOfFields) {
    Map<String, String> aliases = new HashMap<>();
    namesOfFields.forEach(
        (field, names) -> {
          aliases.put(Text.lettersAndDigits(field), field);
          for (String name : names.split(" ", -1)) {
            String other = aliases.put(name, field);
            if (other != null && !other.equals(field)) {
              throw new IllegalStateException(name + " names two fields");
            }
          }
        });
    return Map.copyOf(aliases);
  }
}
