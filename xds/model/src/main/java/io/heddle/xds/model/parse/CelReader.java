package io.heddle.xds.model.parse;

import com.github.xds.type.matcher.v3.CelMatcher;
import com.github.xds.type.v3.CelExpression;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.cel.expr.CheckedExpr;
import dev.cel.expr.ParsedExpr;
import io.heddle.xds.model.CelSource;

/** Reads expressions in CEL, in each of the forms that they may have. */
@SuppressWarnings("deprecation") // Control planes still write the older forms.
final class CelReader {
  static final String MATCHER = "xds.type.matcher.v3.CelMatcher";

  private static final CelSource NOTHING = new CelSource.Text("");

  private final Findings findings;

  CelReader(Findings findings) {
    this.findings = findings;
  }

  CelSource matcher(Any config, Path path) {
    return findings
        .unpack(config, MATCHER, CelMatcher.parser(), path)
        .map(matcher -> expression(matcher.getExprMatch(), path.field("expr_match")))
        .orElse(NOTHING);
  }

  /** The text before a checked tree, that before a parsed one, and the newer messages first. */
  private CelSource expression(CelExpression expression, Path path) {
    if (!expression.getCelExprString().isEmpty()) {
      return new CelSource.Text(expression.getCelExprString());
    }
    if (expression.hasCelExprChecked()) {
      return tree(expression.getCelExprChecked());
    }
    if (expression.hasCelExprParsed()) {
      return new CelSource.Tree(
          expression.getCelExprParsed().toBuilder().clearSourceInfo().build().toByteString());
    }
    return switch (expression.getExprSpecifierCase()) {
      // Both are the newer messages in all but their names.
      case CHECKED_EXPR -> {
        ByteString bytes = expression.getCheckedExpr().toByteString();
        try {
          yield tree(CheckedExpr.parseFrom(bytes));
        } catch (InvalidProtocolBufferException malformed) {
          findings.error(path.field("checked_expr"), "a malformed message", "cel.expr.CheckedExpr");
          yield NOTHING;
        }
      }
      case PARSED_EXPR ->
          new CelSource.Tree(
              expression.getParsedExpr().toBuilder().clearSourceInfo().build().toByteString());
      case EXPRSPECIFIER_NOT_SET -> {
        findings.error(
            path, "no expression", "cel_expr_string, cel_expr_checked or cel_expr_parsed");
        yield NOTHING;
      }
    };
  }

  private static CelSource tree(CheckedExpr checked) {
    return new CelSource.Tree(
        ParsedExpr.newBuilder().setExpr(checked.getExpr()).build().toByteString());
  }
}
