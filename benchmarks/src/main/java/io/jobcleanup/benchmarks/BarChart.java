package io.jobcleanup.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A chart of horizontal bars, each with its spread as a thin line.
 *
 * @param title what is shown
 * @param unit what the bars are measured in
 * @param logarithmic whether each step to the right is ten times as much
 * @param bars at least one, from top to bottom
 */
record BarChart(String title, String unit, boolean logarithmic, List<Bar> bars) {

  /** One bar. */
  record Bar(String label, Samples samples) {}

  private static final int WIDTH = 960;
  private static final int LEFT = 400;
  private static final int RIGHT = 110;
  private static final int TOP = 52;
  private static final int STEP = 26;
  private static final int THICKNESS = 16;

  String svg() {
    double most = bars.stream().mapToDouble(bar -> bar.samples().max()).max().orElse(1);
    double least =
        bars.stream().mapToDouble(bar -> bar.samples().min()).filter(it -> it > 0).min().orElse(1);
    double floor = Math.pow(10, Math.floor(Math.log10(least)) - (least == most ? 1 : 0));
    List<String> shapes = new ArrayList<>();
    int height = TOP + bars.size() * STEP + 16;
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      int y = TOP + i * STEP;
      int middle = y + THICKNESS / 2;
      double end = x(bar.samples().median(), floor, most);
      double from = x(bar.samples().min(), floor, most);
      double to = x(bar.samples().max(), floor, most);
      shapes.add(text(LEFT - 8, middle + 4, "end", "label", bar.label()));
      shapes.add(
          "<rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%s\" height=\"%d\"/>"
              .formatted(LEFT, y, coordinate(Math.max(1, end - LEFT)), THICKNESS));
      if (bar.samples().count() > 1) {
        shapes.add(
            "<path class=\"spread\" d=\"M%s %dH%sM%s %dv8M%s %dv8\"/>"
                .formatted(
                    coordinate(from),
                    middle,
                    coordinate(to),
                    coordinate(from),
                    middle - 4,
                    coordinate(to),
                    middle - 4));
      }
      shapes.add(
          text(
              (int) Math.max(end, to) + 8,
              middle + 4,
              "start",
              "value",
              Samples.number(bar.samples().median(), decimals(bar.samples().median()))));
    }
    return """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" role="img">
        <title>%3$s</title>
        <style>
        text { font: 13px system-ui, sans-serif; fill: #24292f; }
        .title { font-weight: 600; }
        .unit { fill: #57606a; font-size: 12px; }
        .bar { fill: #4c78a8; }
        .spread { stroke: #24292f; fill: none; }
        .back { fill: #ffffff; }
        </style>
        <rect class="back" width="%1$d" height="%2$d"/>
        %4$s
        </svg>
        """
        .formatted(
            WIDTH,
            height,
            escaped(title),
            String.join("\n", heading()) + "\n" + String.join("\n", shapes));
  }

  private List<String> heading() {
    return List.of(
        text(8, 20, "start", "title", title),
        text(8, 38, "start", "unit", unit + (logarithmic ? ", logarithmic scale" : "")));
  }

  private double x(double value, double floor, double most) {
    int room = WIDTH - LEFT - RIGHT;
    if (logarithmic) {
      double share = Math.log10(Math.max(value, floor) / floor) / Math.log10(most / floor);
      return LEFT + room * share;
    }
    return LEFT + room * value / most;
  }

  private static int decimals(double value) {
    return value < 10 ? 2 : value < 100 ? 1 : 0;
  }

  private static String coordinate(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String text(int x, int y, String anchor, String style, String text) {
    return "<text class=\"%s\" x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>"
        .formatted(style, x, y, anchor, escaped(text));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
