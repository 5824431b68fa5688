package dev.kiln;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import org.jspecify.annotations.NullMarked;

/** The arrows between the packages: they point down only, and each library has one home. */
@AnalyzeClasses(packages = "dev.kiln", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
  @ArchTest
  static final ArchRule arrowsPointDownOnly =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("cli")
          .definedBy("dev.kiln.cli")
          .layer("kiln")
          .definedBy("dev.kiln")
          .layer("status")
          .definedBy("dev.kiln.status")
          .layer("simulate")
          .definedBy("dev.kiln.simulate")
          .layer("plan")
          .definedBy("dev.kiln.plan")
          .layer("clay")
          .definedBy("dev.kiln.clay")
          .layer("ledger")
          .definedBy("dev.kiln.ledger")
          .layer("lead")
          .definedBy("dev.kiln.lead")
          .ensureAllClassesAreContainedInArchitecture()
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("kiln")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("simulate")
          .mayOnlyBeAccessedByLayers("cli", "kiln")
          .whereLayer("status")
          .mayOnlyBeAccessedByLayers("cli", "kiln")
          .whereLayer("plan")
          .mayOnlyBeAccessedByLayers("cli", "kiln", "status")
          .whereLayer("clay")
          .mayOnlyBeAccessedByLayers("cli", "kiln", "status", "plan")
          .whereLayer("ledger")
          .mayOnlyBeAccessedByLayers("cli", "kiln", "status", "plan", "clay")
          .whereLayer("lead")
          .mayOnlyBeAccessedByLayers("cli", "kiln", "status", "plan", "clay", "ledger")
          .because(
              "arrows point down only: move what both need to the lower package, or hand it in as a"
                  + " value or an interface of the lower one");

  @ArchTest
  static final ArchRule theSimulatorKnowsNothingOfOurs =
      noClasses()
          .that()
          .resideInAPackage("dev.kiln.simulate")
          .should()
          .dependOnClassesThat(
              DescribedPredicate.describe(
                  "are of another package of ours",
                  to ->
                      to.getPackageName().startsWith("dev.kiln")
                          && !to.getPackageName().equals("dev.kiln.simulate")))
          .because("it stands for Clay: sharing code would share mistakes");

  @ArchTest
  static final ArchRule thereAreNoCycles =
      slices()
          .matching("dev.kiln.(*)..")
          .should()
          .beFreeOfCycles()
          .because("packages in a cycle are one package: turn one arrow of it around");

  @ArchTest static final ArchRule camelIsAtHomeInKiln = home("dev.kiln", "org.apache.camel..");

  @ArchTest
  static final ArchRule databasesAreAtHomeInTheLedger =
      home(
          "dev.kiln.ledger",
          "org.jdbi..",
          "org.sqlite..",
          "org.postgresql..",
          "org.flywaydb..",
          "com.zaxxer..",
          "java.sql..",
          "javax.sql..");

  @ArchTest
  static final ArchRule vertxIsAtHomeWhereHttpIsServed =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.kiln", "dev.kiln.simulate")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.vertx..", "io.netty..")
          .because("HTTP is served by the listener and by the simulator only");

  @ArchTest static final ArchRule picocliIsAtHomeInCli = home("dev.kiln.cli", "picocli..");

  private static ArchRule home(String ours, String... libraries) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(ours)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(libraries)
        .because("only " + ours + " knows them: ask it instead");
  }

  @ArchTest
  static final ArchRule stateIsNeverStatic =
      fields()
          .that()
          .areStatic()
          .should()
          .beFinal()
          .because(
              "two Kilns in one process must not share anything: make it a field of an object");

  @ArchTest
  static final ArchRule nothingMutableIsStatic =
      noFields()
          .that()
          .areStatic()
          .should()
          .haveRawType(
              DescribedPredicate.describe(
                  "that is a counter, a lock or a concurrent map",
                  type ->
                      type.getPackageName().startsWith("java.util.concurrent")
                          && !type.isEquivalentTo(java.util.concurrent.TimeUnit.class)))
          .because(
              "a final field of a mutable type is static state too: make it a field of an object");

  @ArchTest
  static final ArchRule classesAreFinal =
      classes()
          .that()
          .areNotInterfaces()
          .and()
          .areNotAnonymousClasses()
          .and(
              DescribedPredicate.<JavaClass>describe(
                  "are not enums", type -> !type.isAssignableTo(Enum.class)))
          .should()
          .haveModifier(JavaModifier.FINAL)
          .orShould()
          .haveModifier(JavaModifier.ABSTRACT)
          .because("a class is made to be extended or is not: make it abstract or final");

  @ArchTest
  static final ArchRule namesSayWhatAClassIs =
      noClasses()
          .should()
          .haveNameMatching(".*(Util|Utils|Manager|Helper)")
          .because("such a name says nothing: name the class for what it is");

  @ArchTest
  static final ArchRule nobodySleepsInRoutes =
      noClasses()
          .that()
          .resideInAnyPackage("dev.kiln", "dev.kiln.clay", "dev.kiln.ledger", "dev.kiln.lead")
          .should()
          .callMethod(Thread.class, "sleep", long.class)
          .because("a wait is a due time in the ledger, never a sleeping thread");

  @ArchTest
  static final ArchRule nullsAreChecked =
      classes()
          .should(
              ArchCondition.from(
                  DescribedPredicate.<JavaClass>describe(
                      "be in a package that is @NullMarked",
                      type -> type.getPackage().isAnnotatedWith(NullMarked.class))))
          .because("NullAway looks there only: give the package a package-info.java that says so");
}
