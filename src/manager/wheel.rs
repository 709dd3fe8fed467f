//! When MFEs end: a wheel of one-second slots, each a doubly linked list through the
//! MFEs themselves, so that arming and disarming need no memory.

const SLOTS: usize = 1024;
const WORDS: usize = SLOTS / 64;
const NONE: u32 = u32::MAX;

/// An MFE's place in the wheel.
#[derive(Clone, Copy)]
pub struct Hook {
    /// When it ends, in milliseconds of the manager's clock.
    pub expires: u64,
    prev: u32,
    next: u32,
}

impl Hook {
    /// Not in the wheel.
    pub const IDLE: Self = Self { expires: 0, prev: NONE, next: NONE };
}

/// Finds the hook of an MFE by its number.
pub trait Hooks {
    /// The hook of a live MFE.
    fn hook(&mut self, id: u32) -> &mut Hook;
}

/// The wheel.
pub struct Wheel {
    heads: [u32; SLOTS],
    /// A bit for each slot that is not empty.
    full: [u64; WORDS],
    /// A bit for each word there that is not 0.
    words: u16,
    /// The second up to which all slots were looked through.
    at: u64,
}

fn slot_of(expires: u64) -> usize {
    (expires / 1000) as usize % SLOTS
}

impl Wheel {
    /// Nothing is armed.
    pub const fn new() -> Self {
        Self { heads: [NONE; SLOTS], full: [0; WORDS], words: 0, at: 0 }
    }

    /// Arms an MFE that is not armed.
    pub fn arm(&mut self, hooks: &mut impl Hooks, id: u32, expires: u64) {
        let slot = slot_of(expires);
        let head = self.heads[slot];
        *hooks.hook(id) = Hook { expires, prev: NONE, next: head };
        if head != NONE {
            hooks.hook(head).prev = id;
        }
        self.heads[slot] = id;
        self.full[slot / 64] |= 1 << (slot % 64);
        self.words |= 1 << (slot / 64);
        self.at = self.at.min(expires / 1000);
    }

    /// Disarms an MFE.
    pub fn disarm(&mut self, hooks: &mut impl Hooks, id: u32) {
        let Hook { expires, prev, next } = *hooks.hook(id);
        let slot = slot_of(expires);
        if prev != NONE {
            hooks.hook(prev).next = next;
        } else if self.heads[slot] == id {
            self.heads[slot] = next;
        }
        if next != NONE {
            hooks.hook(next).prev = prev;
        }
        if self.heads[slot] == NONE {
            self.full[slot / 64] &= !(1 << (slot % 64));
            if self.full[slot / 64] == 0 {
                self.words &= !(1 << (slot / 64));
            }
        }
        let hook = hooks.hook(id);
        (hook.prev, hook.next) = (NONE, NONE);
    }

    /// An armed MFE whose time has come. The caller disarms or re-arms it.
    pub fn due(&mut self, hooks: &mut impl Hooks, now: u64) -> Option<u32> {
        let second = now / 1000;
        // A jump of more than a turn looks at every slot once.
        self.at = self.at.max(second.saturating_sub(SLOTS as u64 - 1));
        while self.at <= second {
            let mut id = self.heads[self.at as usize % SLOTS];
            while id != NONE {
                let hook = hooks.hook(id);
                if hook.expires <= now {
                    return Some(id);
                }
                id = hook.next;
            }
            if self.at == second {
                break;
            }
            self.at += 1;
        }
        None
    }

    /// When to look again, in milliseconds: the end of the next second in which
    /// something may be due; `None` when nothing is armed.
    pub fn next_look(&self) -> Option<u64> {
        let start = self.at as usize % SLOTS;
        let mut word = start / 64;
        let mut found = self.full[word] & (!0 << (start % 64));
        if found == 0 {
            // The others in turn; at last the first one, for what is before the start.
            let skipped = self.words.rotate_right(word as u32 + 1).trailing_zeros() as usize;
            word = (word + 1 + skipped) % WORDS;
            found = self.full[word];
        }
        (found != 0).then(|| {
            let slot = word * 64 + found.trailing_zeros() as usize;
            let ahead = (slot + SLOTS - start) % SLOTS;
            (self.at + ahead as u64 + 1) * 1000
        })
    }

    /// When the next MFE is due, exactly.
    pub fn next_due(&self, hooks: &mut impl Hooks) -> Option<u64> {
        let mut later = None;
        for second in (0..SLOTS as u64).map(|ahead| self.at + ahead) {
            if let Some(first) = self.first_in(hooks, second as usize % SLOTS) {
                // All that end before this turn of the wheel is over stand in its order.
                if first / 1000 <= second {
                    return Some(first);
                }
                later = Some(later.map_or(first, |other: u64| other.min(first)));
            }
        }
        later
    }

    fn first_in(&self, hooks: &mut impl Hooks, slot: usize) -> Option<u64> {
        let (mut id, mut first) = (self.heads[slot], None);
        while id != NONE {
            let hook = hooks.hook(id);
            first = Some(first.map_or(hook.expires, |other: u64| other.min(hook.expires)));
            id = hook.next;
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Hooks for Vec<Hook> {
        fn hook(&mut self, id: u32) -> &mut Hook {
            &mut self[id as usize]
        }
    }

    fn drain(wheel: &mut Wheel, hooks: &mut Vec<Hook>, now: u64) -> Vec<u32> {
        let mut due = Vec::new();
        while let Some(id) = wheel.due(hooks, now) {
            wheel.disarm(hooks, id);
            due.push(id);
        }
        due.sort_unstable();
        due
    }

    #[test]
    fn the_next_look_is_the_end_of_the_next_second_in_use() {
        for at in [0, 1, 63, 64, 500, 1023, 1024, 5_000] {
            for ahead in [0, 1, 62, 63, 64, 65, 1000, 1023] {
                let mut wheel = Wheel::new();
                let mut hooks = vec![Hook::IDLE];
                assert_eq!(wheel.due(&mut hooks, at * 1000), None);
                wheel.arm(&mut hooks, 0, (at + ahead) * 1000 + 1);
                assert_eq!(wheel.next_look(), Some((at + ahead + 1) * 1000), "at {at}, {ahead} ahead");
            }
        }
    }

    #[test]
    fn each_is_due_once_at_its_millisecond() {
        let mut wheel = Wheel::new();
        let mut hooks = vec![Hook::IDLE; 6];
        let times = [1_500, 1_501, 900_000, 5_000_000, 42_949_672_000, 1_500];
        for (id, expires) in times.into_iter().enumerate() {
            wheel.arm(&mut hooks, id as u32, expires);
        }
        assert_eq!(drain(&mut wheel, &mut hooks, 1_499), []);
        assert_eq!(wheel.next_due(&mut hooks), Some(1_500));
        assert_eq!(wheel.next_look(), Some(2_000));
        assert_eq!(drain(&mut wheel, &mut hooks, 1_500), [0, 5]);
        assert_eq!(drain(&mut wheel, &mut hooks, 899_999), [1]);
        assert_eq!(drain(&mut wheel, &mut hooks, 4_999_999), [2]);
        assert_eq!(wheel.next_due(&mut hooks), Some(5_000_000));
        assert_eq!(drain(&mut wheel, &mut hooks, 5_000_000), [3]);
        assert_eq!(drain(&mut wheel, &mut hooks, 42_949_671_999), []);
        assert_eq!(drain(&mut wheel, &mut hooks, 42_949_672_000), [4]);
        assert_eq!(wheel.next_look(), None);
    }

    #[test]
    fn one_that_is_armed_too_late_is_due_at_once() {
        let mut wheel = Wheel::new();
        let mut hooks = vec![Hook::IDLE];
        assert_eq!(wheel.due(&mut hooks, 5_000_000), None);
        wheel.arm(&mut hooks, 0, 4_999_500);
        assert_eq!(wheel.next_look(), Some(5_000_000));
        assert_eq!(wheel.due(&mut hooks, 5_000_000), Some(0));
    }

    /// When the wheel says to look again: at the end of the second in which the slot
    /// of one that is armed comes round.
    fn look(armed: &[Option<u64>], now: u64) -> Option<u64> {
        let turn = |expires: u64| (expires / 1000 + 1024 * 1024 - now / 1000) % 1024;
        armed.iter().flatten().map(|&expires| (now / 1000 + turn(expires) + 1) * 1000).min()
    }

    #[test]
    fn behaves_as_a_list_of_times() {
        let mut wheel = Wheel::new();
        let mut hooks = vec![Hook::IDLE; 40];
        let mut armed = vec![None; 40];
        let (mut now, mut x) = (0_u64, 1_u64);
        let mut random = |below: u64| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 33) % below
        };
        for _ in 0..20_000 {
            let id = random(40) as usize;
            match armed[id] {
                None => {
                    // Often in the same second or turn, sometimes several turns later.
                    let ahead = [2_000, 70_000, 1_024_000, 5_000_000][random(4) as usize];
                    let expires = now + random(ahead);
                    wheel.arm(&mut hooks, id as u32, expires);
                    armed[id] = Some(expires);
                }
                Some(_) if random(3) == 0 => {
                    wheel.disarm(&mut hooks, id as u32);
                    armed[id] = None;
                }
                Some(_) => {
                    let most = [1, 500, 3_000, 200_000, 3_000_000][random(5) as usize];
                    now += random(most);
                }
            }
            let due: Vec<u32> =
                (0..40).filter(|&id| armed[id as usize].is_some_and(|expires| expires <= now)).collect();
            assert_eq!(drain(&mut wheel, &mut hooks, now), due);
            due.iter().for_each(|&id| armed[id as usize] = None);
            assert_eq!(wheel.next_due(&mut hooks), armed.iter().flatten().min().copied());
            assert_eq!(wheel.next_look(), look(&armed, now), "{armed:?} at {now}");
        }
    }
}
