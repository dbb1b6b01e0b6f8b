/**
 * Emoji by the names Slack and GitHub give them: the ones that chat about software uses.
 * @module
 */

const TABLE = `
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|eyes 👀|white_check_mark ✅|heavy_check_mark ✔️|x ❌|tada 🎉|hooray 🎉|rocket 🚀|heart ❤️
smile 😄|smiley 😃|grinning 😀|laughing 😆|laugh 😄|joy 😂|slightly_smiling_face 🙂|wink 😉|thinking_face 🤔|thinking 🤔|confused 😕
disappointed 😞|cry 😢|sob 😭|scream 😱|sweat_smile 😅|sunglasses 😎|wave 👋|clap 👏|raised_hands 🙌|pray 🙏|muscle 💪|ok_hand 👌
point_right 👉|point_left 👈|point_up ☝️|point_down 👇|fire 🔥|boom 💥|sparkles ✨|star ⭐|star2 🌟|zap ⚡|warning ⚠️|rotating_light 🚨
no_entry ⛔|no_entry_sign 🚫|octagonal_sign 🛑|construction 🚧|question ❓|exclamation ❗|bangbang ‼️|information_source ℹ️|bulb 💡
red_circle 🔴|large_orange_circle 🟠|large_yellow_circle 🟡|large_green_circle 🟢|large_blue_circle 🔵|white_circle ⚪|black_circle ⚫
large_red_square 🟥|large_orange_square 🟧|large_yellow_square 🟨|large_green_square 🟩|white_large_square ⬜|black_large_square ⬛
arrow_up ⬆️|arrow_down ⬇️|arrow_right ➡️|arrow_left ⬅️|arrow_upper_right ↗️|arrow_lower_right ↘️|arrows_counterclockwise 🔄|repeat 🔁
heavy_plus_sign ➕|heavy_minus_sign ➖|mag 🔍|mag_right 🔎|lock 🔒|unlock 🔓|key 🔑|bell 🔔|no_bell 🔕|mute 🔇|loudspeaker 📢|mega 📣
hourglass ⌛|hourglass_flowing_sand ⏳|alarm_clock ⏰|stopwatch ⏱️|timer_clock ⏲️|clock1 🕐|calendar 📆|date 📅|spiral_calendar_pad 🗓️
bug 🐛|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|gear ⚙️|nut_and_bolt 🔩|link 🔗|paperclip 📎|pushpin 📌|round_pushpin 📍|package 📦
memo 📝|pencil 📝|pencil2 ✏️|page_facing_up 📄|bookmark_tabs 📑|clipboard 📋|books 📚|book 📖|notebook 📓|file_folder 📁|open_file_folder 📂|card_index 📇
chart_with_upwards_trend 📈|chart_with_downwards_trend 📉|bar_chart 📊|moneybag 💰|money_with_wings 💸|dollar 💵|credit_card 💳
computer 💻|desktop_computer 🖥️|floppy_disk 💾|cd 💿|robot_face 🤖|robot 🤖|ship 🚢|anchor ⚓|boat ⛵|sailboat ⛵|ocean 🌊|compass 🧭
test_tube 🧪|microscope 🔬|seedling 🌱|recycle ♻️|art 🎨|lipstick 💄|ambulance 🚑|fire_engine 🚒|wastebasket 🗑️|broom 🧹|coffee ☕
beers 🍻|beer 🍺|pizza 🍕|cake 🎂|gift 🎁|trophy 🏆|medal 🏅|dart 🎯|checkered_flag 🏁|triangular_flag_on_post 🚩|ghost 👻|skull 💀
bust_in_silhouette 👤|busts_in_silhouette 👥|speech_balloon 💬|thought_balloon 💭|zzz 💤|sunny ☀️|cloud ☁️|snowflake ❄️|rainbow 🌈|earth_africa 🌍
one 1️⃣|two 2️⃣|three 3️⃣|four 4️⃣|five 5️⃣|100 💯|heavy_exclamation_mark ❗|small_blue_diamond 🔹|small_orange_diamond 🔸|twisted_rightwards_arrows 🔀
`;

const BY_NAME = new Map(TABLE.trim().split(/[|\n]/).map((entry) => entry.split(' ')));

/** The reactions the picker offers, most useful first. */
export const PICKER = ['+1', 'eyes', 'white_check_mark', 'tada', 'rocket', 'heart', 'smile', 'raised_hands', 'thinking_face', 'x', 'warning', 'fire', 'bug', 'ship', 'pray', '-1'];

/**
 * The character for a name without colons, or '' for a name this page does not know or cannot draw.
 * @param {string} name
 */
export function emoji(name) {
  return (drawable() && BY_NAME.get(String(name).split('::')[0])) || '';
}

let drawn;

/** Whether this machine has a font of emoji. Without one they would all be the same empty box: then a test drawing has no colour. */
export function drawable() {
  drawn ??= (() => {
    const pen = Object.assign(document.createElement('canvas'), { width: 20, height: 20 }).getContext('2d');
    if (!pen) return true;
    pen.font = '16px "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif';
    pen.fillText('🚀', 0, 16);
    const { data } = pen.getImageData(0, 0, 20, 20);
    return data.some((value, i) => i % 4 === 0 && value !== data[i + 2]);
  })();
  return drawn;
}
