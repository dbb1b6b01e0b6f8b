package detect

import "math"

// toSigma makes a median absolute deviation comparable to a standard deviation: 1 / Φ⁻¹(3/4), for the normal distribution.
const toSigma = 1.4826

// kth puts the k smallest values of a to its front and returns the k-th smallest, k from 0 (Hoare's quickselect, middle of three as pivot).
// It panics when k is not an index of a; a holds no NaN.
func kth(a []float64, k int) float64 {
	lo, hi := 0, len(a)-1
	for lo < hi {
		mid := lo + (hi-lo)/2
		p := max(min(a[lo], a[mid]), min(max(a[lo], a[mid]), a[hi]))
		i, j := lo, hi
		for i <= j {
			for a[i] < p {
				i++
			}
			for p < a[j] {
				j--
			}
			if i <= j {
				a[i], a[j] = a[j], a[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return a[k]
		}
	}
	return a[k]
}

// median is the middle of a, the mean of the two in the middle of an even number, NaN of nothing. It reorders a.
func median(a []float64) float64 {
	n := len(a)
	if n == 0 {
		return math.NaN()
	}
	m := kth(a, n/2)
	if n%2 == 1 {
		return m
	}
	below := a[0]
	for _, v := range a[1 : n/2] {
		below = max(below, v)
	}
	return below + (m-below)/2
}

// deviation is the usual distance from center, as a standard deviation: toSigma times the median of |a - center|; NaN of nothing. It overwrites a.
func deviation(a []float64, center float64) float64 {
	for i, v := range a {
		a[i] = math.Abs(v - center)
	}
	return toSigma * median(a)
}

func clamp(v, low, high float64) float64 { return max(low, min(high, v)) }
