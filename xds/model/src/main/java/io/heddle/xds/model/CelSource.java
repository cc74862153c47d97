package io.heddle.xds.model;

import com.google.protobuf.ByteString;

/**
 * An expression in CEL ({@code xds.type.v3.CelExpression}); it is compiled where it is evaluated.
 */
public sealed interface CelSource {
  /** As it is written. */
  record Text(String text) implements CelSource {}

  /**
   * As someone else has parsed it.
   *
   * @param expression a {@code cel.expr.ParsedExpr} message
   */
  record Tree(ByteString expression) implements CelSource {}
}
