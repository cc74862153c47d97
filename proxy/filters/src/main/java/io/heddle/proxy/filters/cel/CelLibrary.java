package io.heddle.proxy.filters.cel;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.cel.checker.CelStandardDeclarations;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelProtoAbstractSyntaxTree;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.expr.ParsedExpr;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import io.heddle.proxy.api.Expression;
import java.util.List;
import java.util.Set;

/** The library's compiler and runtime, made when this class is first used. */
final class CelLibrary {
  private static final int DEEPEST = 64;

  /** As Envoy has it. */
  private static final int REGEX_PROGRAM = 100;

  /** What an expression may begin with. */
  private static final List<String> ROOTS =
      List.of(
          "request",
          "response",
          "connection",
          "upstream",
          "source",
          "destination",
          "metadata",
          "filter_state",
          "upstream_filter_state",
          "xds");

  private static final CelOptions OPTIONS =
      CelOptions.current()
          .maxExpressionCodePointSize(CelLanguage.LONGEST)
          .maxParseRecursionDepth(DEEPEST)
          .enableComprehension(false)
          .maxRegexProgramSize(REGEX_PROGRAM)
          .build();
  private static final CelCompiler COMPILER = compiler();
  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.legacyCelRuntimeBuilder()
          .setOptions(OPTIONS)
          .setStandardEnvironmentEnabled(false)
          .setStandardFunctions(
              CelStandardFunctions.newBuilder().filterFunctions(LanguageBounds::allows).build())
          .build();

  private CelLibrary() {}

  static Expression compile(String text) {
    try {
      return expression(COMPILER.compile(text).getAst());
    } catch (CelValidationException | CelEvaluationException | RuntimeException wrong) {
      throw refused("\"" + text + "\"", wrong);
    }
  }

  static Expression compileParsed(ByteString parsed) {
    try {
      CelAbstractSyntaxTree tree =
          CelProtoAbstractSyntaxTree.fromParsedExpr(ParsedExpr.parseFrom(parsed)).getAst();
      return expression(COMPILER.check(tree).getAst());
    } catch (InvalidProtocolBufferException
        | CelValidationException
        | CelEvaluationException
        | RuntimeException wrong) {
      throw refused("parsed expression", wrong);
    }
  }

  private static CelCompiler compiler() {
    CelType attributes = MapType.create(SimpleType.STRING, SimpleType.DYN);
    CelCompilerBuilder builder =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(CelStandardMacro.HAS)
            .setStandardEnvironmentEnabled(false)
            .setStandardDeclarations(
                CelStandardDeclarations.newBuilder()
                    .filterFunctions(LanguageBounds::allows)
                    .build());
    for (String root : ROOTS) {
      builder.addVar(root, attributes);
    }
    return builder.build();
  }

  private static Expression expression(CelAbstractSyntaxTree tree) throws CelEvaluationException {
    Set<String> attributes = LanguageBounds.attributes(tree.getExpr());
    return new CelExpression(RUNTIME.createProgram(tree), attributes);
  }

  private static IllegalArgumentException refused(String what, Exception wrong) {
    String message = String.valueOf(wrong.getMessage());
    int end = message.indexOf('\n');
    return new IllegalArgumentException(
        what + ": " + (end < 0 ? message : message.substring(0, end)), wrong);
  }
}
