package io.heddle.xds.server;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The tests of the protocol's rules, found by their names and run without an engine: the run of the
 * mutations loads them many times, each time over other classes.
 */
final class RuleTests {
  private static final List<Class<?>> CLASSES =
      List.of(
          StreamRulesTest.class,
          NackTest.class,
          SubscriptionRulesTest.class,
          ContentRulesTest.class,
          TtlRulesTest.class,
          OrderRulesTest.class,
          GrpcClientRulesTest.class,
          OnDemandTest.class);

  /** One test in one variant; none where it is about no variant. */
  record RuleTest(Method method, Optional<Variant> variant) {
    /** Why it fails, if it does. */
    Optional<String> failure() throws ReflectiveOperationException {
      Constructor<?> constructor = method.getDeclaringClass().getDeclaredConstructor();
      constructor.setAccessible(true);
      Object test = constructor.newInstance();
      try {
        method.setAccessible(true);
        if (variant.isPresent()) {
          method.invoke(test, variant.get());
        } else {
          method.invoke(test);
        }
        return Optional.empty();
      } catch (InvocationTargetException e) {
        return Optional.of(String.valueOf(e.getCause()));
      } finally {
        close(test);
      }
    }

    private static void close(Object test) throws ReflectiveOperationException {
      for (Method each : test.getClass().getDeclaredMethods()) {
        if (each.isAnnotationPresent(AfterEach.class)) {
          each.setAccessible(true);
          each.invoke(test);
        }
      }
    }

    @Override
    public String toString() {
      return method.getDeclaringClass().getSimpleName()
          + "."
          + method.getName()
          + variant.map(v -> " on " + v).orElse("");
    }
  }

  private RuleTests() {}

  static List<RuleTest> all() {
    List<RuleTest> tests = new ArrayList<>();
    for (Class<?> type : CLASSES) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.getName().matches("rule\\d\\d_.*")) {
          tests.addAll(variants(method));
        }
      }
    }
    tests.sort(Comparator.comparing(RuleTest::toString));
    return tests;
  }

  private static List<RuleTest> variants(Method method) {
    List<RuleTest> tests = new ArrayList<>();
    EnumSource source = method.getAnnotation(EnumSource.class);
    if (!method.isAnnotationPresent(ParameterizedTest.class) || source == null) {
      return List.of(new RuleTest(method, Optional.empty()));
    }
    List<String> names = List.of(source.names());
    for (Variant variant : Variant.values()) {
      if (names.isEmpty() || names.contains(variant.name())) {
        tests.add(new RuleTest(method, Optional.of(variant)));
      }
    }
    return tests;
  }

  /**
   * Runs the tests whose names begin so; the first failure, or empty where all is green.
   *
   * <p>Called by name from {@link RuleMutations}, over the classes under test.
   */
  static String firstFailure(String prefix) throws ReflectiveOperationException {
    for (RuleTest test : all()) {
      if (test.method().getName().startsWith(prefix)) {
        Optional<String> failure = test.failure();
        if (failure.isPresent()) {
          return test + "\n" + failure.get();
        }
      }
    }
    return "";
  }
}
