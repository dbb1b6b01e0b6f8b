// Package detect finds what is unusual in a series of daily costs, and says why. A series is judged day by day: a verdict follows from the day's amount and
// from earlier days alone. The package reads no clock and does no input or output; the same calls give the same answers.
//
// # What is expected
//
// Regression, from 35 days of history, on the clean days (known, not flagged, not masked, without a charge of the calendar) of the last 270. Day i costs
//
//	fit_i = daily[weekday] · exp(slope · i)
//
// which is a level, a growth and six contrasts of weekdays. Scatter is in proportion to the fit. The parameters solve Σ w_i x_i (y_i - fit_i) / fit_i = 0, the
// score equations of a generalized linear model with logarithmic link and a variance of fit² (McCullagh and Nelder, Generalized Linear Models, 2nd ed.,
// 1989, chapter 8), with Tukey's biweight w = (1 - (r/4.685s)²)² of the relative residual r (Beaton and Tukey, Technometrics 16, 1974), by iteratively
// reweighted least squares; s is 1.4826 · median |r|. It is made anew every week and after each event, beginning at the previous one. The slope has a normal
// prior around 0 with a deviation of 0.2 % a day. Amounts are divided by the level of their day first: see New level.
//
//	base = level · fit · (1 + m · max(0, 1 - e²/m²)), m the median of r over the last 21 clean days, without the latest 5,
//	e = 1.2533 s √((1+φ) / (1-φ) / 21)
//
// e is what chance makes of m; what is left over moves the level (a positive-part estimator of the kind of James and Stein, 1961).
// Leaving out the latest days keeps something that begins slowly from becoming the norm before it is noticed.
//
// Same weekday, before: the median of the same weekday in the last 35 days. A weekday with fewer than three days may also cost as much as the median of all,
// and any as much as its dearest day: of three Mondays two can be holidays.
// Nothing is expected of the first 7 days. Nothing before: the median of the latest days is next to nothing, which is MinDollars / (2 · Limit).
//
// # The calendar
//
// A robust fit takes charges that recur for outliers, so they are remembered apart: as (amount - base) / (base of a day of mean weekday). Some values agree
// when they are within 35 %, or within two scatters, of their median.
//
//   - First of the month: the median of the last 4, when at least 2 agree. It may cost as much as the dearest of them. A first of the month with none
//     before it is judged together with the next day, so that a charge that is gone by then opens no event.
//   - End of the month, the last three days: the median of the last 9, when at least 3 agree. With fewer than 3 before it, an excess of up to 50 % is judged
//     when the month is over.
//   - Day of the month: days beyond the limit in at least 2 of the last 4 months, within a day of the same date, may come again.
//   - Weekday: days beyond the limit on at least 2 of the last 4 same weekdays may come again.
//   - Holidays that the Options name: the median of the last 4, when at least 2 agree.
//
// A charge that may come is no surprise, and neither is its absence: the day is compared with whichever is nearer. Charges lower than usual are not remembered.
// With n values the scatter is √(1 + 1/n) as large.
//
// Where there was nothing before, and no more than 4 of the last 14 days cost something, charges are remembered as amounts, in units of the smallest that
// matters: a subscription, a support fee. Those on the same date of the last 4 months (or on their last days, for a last day) are expected as their median, when
// at least 2 agree; otherwise the median of those within a day of the date may come; otherwise the same of the last 4 same weekdays. One is enough for what
// may come: such a charge is told of once. On the first of a month it is judged together with the next day, so that a fee of that day is not told of at all.
//
// # How unusual it is
//
//	s = τ² · u · max(s of the regression, .9 · 1.4826 · median |r - median r| over 42 clean days, 3 %)
//	z = (amount - expected) / max(s · expected, next to nothing)
//
// τ tells how far the tails reach: the ratio of the 95 % quantile of |r| to what it is in normal noise of the same s, drawn towards 1 as if there were 30 more
// days of normal noise, from 1 to √2. u tells how unsure a fit to n days is, beside one to 270:
//
//	u = v(n) / v(270), v(n) = √(1 + 8/n) · (1 + (4.5² + 1) / (4 (n - 8)))
//
// Its 8 parameters are estimates, which adds 8/n to the variance of what is foreseen, and its scatter is one, too, so that the limit is Student's: the second
// factor is the first terms of its expansion (Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, 26.7.5). From 35 days u is 1.3, from 90 1.08.
//
// The range of a day is expected ± 4.5 s · expected. While a series is young, s is at least 12 %.
//
//	c = max over k of 3, 5, 7 of a · Σ τz / √(k + 2 Σ_j (k-j) φ^j), and b · w'τz / √(w'R w) of the last 5
//
// over the last k days, each τz clipped to ±4.5. The sum is over its own scatter when noise goes on into the next day with the correlation φ, which is
// estimated from neighbouring clean days (as if 20 more had shown 0.3). It is a CUSUM of bounded length (Page, Biometrika 41, 1954), and days before the end of
// an event do not count. The second is a matched filter for a ramp s = 1, 2, 3, 4, 5: R are the correlations φ^|i-j| of its days, and w = R⁻¹s is the sum in which
// it stands out most (North, An analysis of the factors which determine signal/noise discrimination, 1943). Ramps are looked for in fits to at least 75 days:
// there sums are unusual from 4.7 of their own scatters (a = 4.5/4.7) and ramps from 3.9 (b = 4.5/3.9); in younger ones sums are from 4 (a = 4.5/4, b = 0).
//
// A day is unusual when z > 4.5 (Point; FromZero when there was nothing before) or c > 4.5 (Cumulative). It opens an event when, besides, the excess over what
// was expected is at least MinDollars and at least MinShare of that; for sums, the mean excess of the last five days will do. Confidence is the share of the
// series' own clean days with a lower score, from 90 of them on, as a conformal predictor counts it. Days as far below are marked and never events.
//
// # The life of an event
//
//   - Open: opened on the day Since. First may be up to six days earlier when days together were unusual: those with z > 1 before. The baseline stays as it was,
//     without the flagged days. A day goes on with it when its relative excess is at least half of the event's mean, or unusual by itself.
//   - Ended: after two ordinary days in a row. Something unusual within 7 days of the last flagged day opens the same event again.
//   - NewLevel: 7 of the last 8 days are flagged, at ratios to what was expected whose scatter is below 2 s (or 10 %), and whose two halves differ by less than
//     0.4 s (or 5 %). From the first of them on the level is multiplied by the median ratio. After 30 flagged days any ratio is accepted. Two days at
//     the level before bring it back, for 90 days. The same rule without an event, silently, follows drops and rises below the gates; two days at the level
//     before a drop are no event.
//   - Expected, by Mask; NewLevel, by Rebase; Revised, by Revise.
//
// # What it costs
//
// A day takes about 5 µs; a year of a series needs about 120 kB. A detector need not be stored: the same days, with the same calls between them, make it again.
package detect
