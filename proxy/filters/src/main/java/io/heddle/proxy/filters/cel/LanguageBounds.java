package io.heddle.proxy.filters.cel;

import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What expressions may do, which is what Envoy lets them, and what they ask for. */
final class LanguageBounds {
  /** They make something larger than what they are given. */
  private static final Set<String> JOINING = Set.of("ADD_STRING", "ADD_BYTES", "ADD_LIST");

  private static final String CONVERSION_TO_TEXT = "STRING";

  /** How deep parts may stand in each other; event loops have small stacks. */
  private static final int DEEPEST = 64;

  private LanguageBounds() {}

  /** Whether expressions may call this overload, which is a constant of the library's. */
  static boolean allows(Enum<?> function, Object overload) {
    return !function.name().equals(CONVERSION_TO_TEXT)
        && !(overload instanceof Enum<?> known && JOINING.contains(known.name()));
  }

  /**
   * The attributes that an expression names outright, whether by selection or by index.
   *
   * @throws IllegalArgumentException where it is too deep, or does what none may
   */
  static Set<String> attributes(CelExpr expression) {
    Set<String> found = new TreeSet<>();
    collect(expression, 1, found);
    return Set.copyOf(found);
  }

  private static void collect(CelExpr expression, int depth, Set<String> found) {
    if (depth > DEEPEST) {
      throw new IllegalArgumentException("parts more than " + DEEPEST + " deep in each other");
    }
    int below = depth + 1;
    switch (expression.getKind()) {
      case SELECT -> {
        CelExpr operand = expression.select().operand();
        if (operand.getKind() == CelExpr.ExprKind.Kind.IDENT) {
          found.add(operand.ident().name() + "." + expression.select().field());
        }
        collect(operand, below, found);
      }
      case CALL -> {
        List<CelExpr> arguments = expression.call().args();
        if (arguments.size() == 2
            && arguments.get(0).getKind() == CelExpr.ExprKind.Kind.IDENT
            && arguments.get(1).getKind() == CelExpr.ExprKind.Kind.CONSTANT
            && arguments.get(1).constant().getKind() == CelConstant.Kind.STRING_VALUE) {
          found.add(
              arguments.get(0).ident().name() + "." + arguments.get(1).constant().stringValue());
        }
        expression.call().target().ifPresent(target -> collect(target, below, found));
        arguments.forEach(argument -> collect(argument, below, found));
      }
      case LIST -> expression.list().elements().forEach(element -> collect(element, below, found));
      case MAP ->
          expression
              .map()
              .entries()
              .forEach(entry -> {
                collect(entry.key(), below, found);
                collect(entry.value(), below, found);
              });
      case IDENT, CONSTANT, NOT_SET -> {}
      case COMPREHENSION, STRUCT ->
          throw new IllegalArgumentException(
              "comprehensions and messages are not supported (expected: operators and functions)");
    }
  }
}
