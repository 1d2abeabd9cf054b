//! Needs from interviews and evaluation forms.
